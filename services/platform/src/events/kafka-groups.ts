import type { Admin } from 'kafkajs';

/** The consumer group by which a group reads a topic: one for each, so that topics do not wait for each other. */
export function consumerGroup(topic: string, group: string): string {
  return `${group}.${topic}`;
}

/** How many messages of a topic lie behind what a consumer group stored. */
export async function groupLag(admin: Admin, topic: string, groupId: string): Promise<number> {
  const [ends, [stored]] = await Promise.all([
    admin.fetchTopicOffsets(topic),
    admin.fetchOffsets({ groupId, topics: [topic] }),
  ]);
  const stops = new Map(stored?.partitions.map((one) => [one.partition, Number(one.offset)]));
  return ends.reduce((sum, { partition, high, low }) => {
    const position = Math.max(stops.get(partition) ?? 0, Number(low));
    return sum + Math.max(0, Number(high) - position);
  }, 0);
}
