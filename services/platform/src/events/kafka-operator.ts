import { randomUUID } from 'node:crypto';
import type { KafkaMessage } from 'kafkajs';
import { ParleyError } from '../errors.ts';
import { type DeadLetter, describeLetter, ReplayProgress } from './dead-letters.ts';
import { kafkaClients } from './kafka-client.ts';
import { answered, within } from './kafka-deadline.ts';
import { consumerGroup, groupLag } from './kafka-groups.ts';
import { asMember, type Span } from './kafka-member.ts';
import { toReplay } from './kafka-message.ts';
import { kafkaProducer } from './kafka-producer.ts';
import { parseKafkaUrl } from './kafka-url.ts';
import { deadLetterTopic } from './topics.ts';

const CALL_DEADLINE = 15_000;
/** After how many replayed letters the progress is stored. */
const PROGRESS_EVERY = 100;

/** What an operator does to a Kafka event log by hand. */
export type KafkaOperator = {
  /**
   * The dead letters of a topic that were not replayed yet, the oldest first.
   * @throws ParleyError NOT_FOUND when there is no such topic.
   */
  deadLetters(topic: string, limit: number): Promise<DeadLetter[]>;
  /**
   * Publishes dead letters to their topic again, for all groups that read it, and remembers which. Letters
   * of one event are one replay.
   * @param id replays this event; all of them when absent.
   * @returns how many events were published.
   * @throws ParleyError NOT_FOUND; FAILED_PRECONDITION while another replay of the topic runs.
   */
  replay(topic: string, id?: string): Promise<number>;
  /**
   * Makes a group read a topic again from the first event that was published at `since` or later.
   * @throws ParleyError NOT_FOUND when the topic is not there or the group never read it;
   * FAILED_PRECONDITION while the group has members.
   */
  rewind(topic: string, group: string, since: Date): Promise<void>;
  /**
   * How many events a group has not handled yet.
   * @throws ParleyError NOT_FOUND when there is no such topic.
   */
  lag(topic: string, group: string): Promise<number>;
  close(): Promise<void>;
};

/** @throws ParleyError INVALID_ARGUMENT for a wrong URL. */
export function openKafkaOperator(url: string): KafkaOperator {
  const clients = kafkaClients(parseKafkaUrl(url));
  const client = clients.passing();
  const admin = client.kafka.admin();

  function ask<T>(what: string, call: () => Promise<T>): Promise<T> {
    return answered(CALL_DEADLINE, what, call);
  }

  async function exists(topic: string): Promise<boolean> {
    return (await ask('the list of topics', () => admin.listTopics())).includes(topic);
  }

  async function ensureExists(topic: string): Promise<void> {
    if (await exists(topic)) return;
    throw new ParleyError('NOT_FOUND', `there is no topic '${topic}'`);
  }

  /** What is left of the dead letters: spans to read, with what was replayed in them. */
  async function left(topic: string): Promise<{
    spans: Map<number, Span>;
    progress: Map<number, ReplayProgress>;
  }> {
    await ensureExists(topic);
    const letters = deadLetterTopic(topic);
    const spans = new Map<number, Span>();
    const progress = new Map<number, ReplayProgress>();
    if (!(await exists(letters))) return { spans, progress };
    const ends = await ask(`offsets of ${letters}`, () => admin.fetchTopicOffsets(letters));
    const stored = await positions(letters, replayGroup(topic));
    for (const { partition, low, high } of ends) {
      const { offset = 0n, note = '' } = stored.get(partition) ?? {};
      const from = offset > BigInt(low) ? offset : BigInt(low);
      spans.set(partition, { from, to: BigInt(high) });
      progress.set(partition, new ReplayProgress({ from, to: BigInt(high) }, note));
    }
    return { spans, progress };
  }

  async function positions(
    topic: string,
    groupId: string,
  ): Promise<Map<number, { offset: bigint; note: string }>> {
    const [stored] = await ask(`positions of ${groupId}`, () =>
      admin.fetchOffsets({ groupId, topics: [topic] }),
    );
    const known = stored?.partitions.filter(({ offset }) => Number(offset) >= 0) ?? [];
    return new Map(
      known.map(({ partition, offset, metadata }) => [
        partition,
        { offset: BigInt(offset), note: metadata ?? '' },
      ]),
    );
  }

  async function ensureNoMembers(groupId: string, topic: string): Promise<void> {
    const { groups } = await ask(`group ${groupId}`, () => admin.describeGroups([groupId]));
    const count = groups[0]?.members.length ?? 0;
    if (count > 0)
      throw new ParleyError(
        'FAILED_PRECONDITION',
        `group ${groupId} has ${count} member${count === 1 ? '' : 's'} reading ${topic}: ` +
          'stop them and try again',
      );
  }

  return {
    async deadLetters(topic, limit) {
      const { spans, progress } = await left(topic);
      const found: DeadLetter[] = [];
      if (limit < 1 || isRead(spans)) return found;
      const letters = deadLetterTopic(topic);
      const groupId = `${replayGroup(topic)}.list.${randomUUID()}`;
      await asMember(client, { topic: letters, groupId }, ({ read }) =>
        read(spans, async (partition, message) => {
          if (!progress.get(partition)?.isReplayed(message.offset))
            found.push(describeLetter(letters, partition, message));
          return found.length < limit;
        }),
      );
      await ask(groupId, () => admin.deleteGroups([groupId]));
      return found;
    },

    async replay(topic, id) {
      const groupId = replayGroup(topic);
      await ensureNoMembers(groupId, topic);
      const { spans, progress } = await left(topic);
      const published = new Set<string>();
      if (isRead(spans)) return notFound(id, topic, 0);
      const producer = kafkaProducer(clients);
      const letters = deadLetterTopic(topic);
      await asMember(client, { topic: letters, groupId }, async ({ read, commit }) => {
        const store = () =>
          commit(Array.from(progress, ([partition, one]) => ({ partition, ...one.stored() })));
        async function replayOne(partition: number, message: KafkaMessage): Promise<void> {
          const one = progress.get(partition) as ReplayProgress;
          const { id: letter } = describeLetter(letters, partition, message);
          const wanted = id === undefined || letter === id;
          const replayed = one.isReplayed(message.offset);
          if (wanted && !replayed && !published.has(letter)) {
            const again = toReplay(message, new Date().toISOString());
            await producer.send([{ topic, message: again }]);
            published.add(letter);
          }
          one.pass(message.offset, wanted || replayed);
        }
        let passed = 0;
        try {
          await read(spans, async (partition, message) => {
            await replayOne(partition, message);
            passed += 1;
            if (passed % PROGRESS_EVERY === 0) await store();
            return true;
          });
        } finally {
          await store();
        }
      }).finally(() => producer.close(CALL_DEADLINE));
      return notFound(id, topic, published.size);
    },

    async rewind(topic, group, since) {
      await ensureExists(topic);
      const groupId = consumerGroup(topic, group);
      await ensureNoMembers(groupId, topic);
      if ((await positions(topic, groupId)).size === 0)
        throw new ParleyError('NOT_FOUND', `group '${group}' has never read ${topic}`);
      const offsets = await ask(`offsets of ${topic}`, () =>
        admin.fetchTopicOffsetsByTimestamp(topic, since.getTime()),
      );
      await asMember(client, { topic, groupId }, ({ commit }) => commit(offsets));
    },

    async lag(topic, group) {
      await ensureExists(topic);
      return ask(`lag of ${group}`, () => groupLag(admin, topic, consumerGroup(topic, group)));
    },

    async close() {
      await within(CALL_DEADLINE, 'disconnecting', admin.disconnect()).catch(() => {});
      client.abandon();
    },
  };
}

/** The consumer group whose positions tell which dead letters of a topic were replayed. */
function replayGroup(topic: string): string {
  return `dead-letters.${topic}`;
}

function isRead(spans: Map<number, Span>): boolean {
  return [...spans.values()].every(({ from, to }) => from >= to);
}

function notFound(id: string | undefined, topic: string, published: number): number {
  if (id === undefined || published > 0) return published;
  throw new ParleyError('NOT_FOUND', `no dead letter of ${topic} has the id '${id}'`);
}
