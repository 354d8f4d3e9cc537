/** The topics between Parley's services, named `parley.<noun>.<verb>`. */
export const TOPICS = {
  debatesRequested: 'parley.debates.requested',
  debatesEnded: 'parley.debates.ended',
  collectionsFilled: 'parley.collections.filled',
  datasetsSealed: 'parley.datasets.sealed',
  societiesChanged: 'parley.societies.changed',
  cyclesChanged: 'parley.cycles.changed',
} as const;

/** Where events go that no handler could handle. */
export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`;
}
