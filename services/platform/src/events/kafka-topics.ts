import kafkajs, { type Admin } from 'kafkajs';
import { ParleyError } from '../errors.ts';
import { answered } from './kafka-deadline.ts';
import { topicSettings } from './topics.ts';

const DEADLINE = 30_000;

/** The topics of one connection: made where missing, checked once. */
export type KafkaTopics = {
  /**
   * Makes the topic as the table of topics says, or checks the one that exists.
   * @returns the number of its partitions.
   * @throws ParleyError FAILED_PRECONDITION when it exists with another cleanup policy; UNAVAILABLE.
   */
  ensure(topic: string): Promise<number>;
};

/** @param warn is told, once a topic, where an existing one differs without harm. */
export function kafkaTopics(admin: Admin, warn: (message: string) => void): KafkaTopics {
  const known = new Map<string, Promise<number>>();

  async function make(topic: string): Promise<number> {
    if ((await admin.listTopics()).includes(topic)) return check(topic);
    const { partitions, retentionMs, cleanup } = topicSettings(topic);
    const made = await admin.createTopics({
      topics: [
        {
          topic,
          numPartitions: partitions,
          replicationFactor: -1,
          configEntries: [
            { name: 'cleanup.policy', value: cleanup },
            { name: 'retention.ms', value: String(retentionMs) },
          ],
        },
      ],
    });
    return made ? partitions : check(topic);
  }

  async function check(topic: string): Promise<number> {
    const settings = topicSettings(topic);
    const [policy, partitions] = await Promise.all([
      cleanupPolicy(admin, topic),
      countPartitions(admin, topic),
    ]);
    if (policy !== settings.cleanup)
      throw new ParleyError(
        'FAILED_PRECONDITION',
        `topic ${topic} has cleanup.policy=${policy}, which may lose events; it must be ${settings.cleanup}`,
      );
    if (partitions < settings.partitions)
      warn(
        `topic ${topic} has ${partitions} of ${settings.partitions} partitions: so many members of a ` +
          'group can share its work',
      );
    return partitions;
  }

  return {
    ensure(topic) {
      let ensured = known.get(topic);
      if (ensured === undefined) {
        ensured = answered(DEADLINE, `topic ${topic}`, () => make(topic));
        known.set(topic, ensured);
        ensured.catch(() => known.delete(topic));
      }
      return ensured;
    },
  };
}

async function cleanupPolicy(admin: Admin, topic: string): Promise<string | undefined> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [
      { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['cleanup.policy'] },
    ],
  });
  return resources[0]?.configEntries.find((entry) => entry.configName === 'cleanup.policy')
    ?.configValue;
}

async function countPartitions(admin: Admin, topic: string): Promise<number> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  return topics[0]?.partitions.length ?? 0;
}
