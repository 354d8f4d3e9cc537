/** The topics between Parley's services, named `parley.<noun>.<verb>`. */
export const TOPICS = {
  debatesRequested: 'parley.debates.requested',
  debatesEnded: 'parley.debates.ended',
  collectionsFilled: 'parley.collections.filled',
  datasetsSealed: 'parley.datasets.sealed',
  societiesChanged: 'parley.societies.changed',
  cyclesChanged: 'parley.cycles.changed',
} as const;

/** How a topic is made on a broker. */
export type TopicSettings = {
  /** How many members of a group can share the work; events of one key are in one partition. */
  partitions: number;
  /** How long an event is kept, in milliseconds. */
  retentionMs: number;
  /** What happens to what is older: Kafka's `cleanup.policy`. */
  cleanup: 'delete';
};

const DAY = 24 * 3_600_000;

const SETTINGS: Record<(typeof TOPICS)[keyof typeof TOPICS], TopicSettings> = {
  [TOPICS.debatesRequested]: { partitions: 12, retentionMs: 14 * DAY, cleanup: 'delete' },
  [TOPICS.debatesEnded]: { partitions: 12, retentionMs: 14 * DAY, cleanup: 'delete' },
  [TOPICS.collectionsFilled]: { partitions: 3, retentionMs: 14 * DAY, cleanup: 'delete' },
  [TOPICS.datasetsSealed]: { partitions: 3, retentionMs: 14 * DAY, cleanup: 'delete' },
  [TOPICS.societiesChanged]: { partitions: 1, retentionMs: 3 * DAY, cleanup: 'delete' },
  [TOPICS.cyclesChanged]: { partitions: 3, retentionMs: 14 * DAY, cleanup: 'delete' },
};

const OTHER: TopicSettings = { partitions: 3, retentionMs: 7 * DAY, cleanup: 'delete' };
const DEAD_LETTERS: TopicSettings = { partitions: 1, retentionMs: 30 * DAY, cleanup: 'delete' };

const DEAD_LETTER_SUFFIX = '.dlq';

/** Where events go that no handler could handle. */
export function deadLetterTopic(topic: string): string {
  return `${topic}${DEAD_LETTER_SUFFIX}`;
}

/**
 * The settings of a topic. No topic is compacted: a compacted one may drop an event before a slow group
 * has handled it. Societies change for caches that read from now on, so three days are ample; dead letters
 * wait thirty days for an operator, in one partition and so in one order.
 */
export function topicSettings(topic: string): TopicSettings {
  if (topic.endsWith(DEAD_LETTER_SUFFIX)) return DEAD_LETTERS;
  return Object.hasOwn(SETTINGS, topic) ? SETTINGS[topic as keyof typeof SETTINGS] : OTHER;
}
