import type { Consumer, KafkaMessage } from 'kafkajs';
import { ParleyError } from '../errors.ts';
import type { KafkaClient } from './kafka-client.ts';
import { within } from './kafka-deadline.ts';

const JOIN_DEADLINE = 30_000;
const READ_DEADLINE = 30_000;
const FETCH_WAIT = 250;

/** From where to where a partition is read: `[from, to)`. */
export type Span = { from: bigint; to: bigint };

/** A position that is stored for a group, with a note of at most 4,096 bytes. */
export type Position = { partition: number; offset: string; metadata?: string };

/** An operator's membership of a group, as its only member. */
export type Member = {
  commit(positions: Position[]): Promise<void>;
  /** Reads spans of the topic, each in order; `handle` tells whether to go on. */
  read(
    spans: Map<number, Span>,
    handle: (partition: number, message: KafkaMessage) => Promise<boolean>,
  ): Promise<void>;
};

/**
 * Joins a group that reads one topic and has no members, does some work and leaves.
 * @throws ParleyError FAILED_PRECONDITION when another member was faster; UNAVAILABLE.
 */
export async function asMember(
  { kafka }: KafkaClient,
  { topic, groupId }: { topic: string; groupId: string },
  work: (member: Member) => Promise<void>,
): Promise<void> {
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: FETCH_WAIT,
    allowAutoTopicCreation: false,
    retry: { restartOnFailure: async () => false },
  });
  const joined = Promise.withResolvers<number>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const reading = reader(consumer, topic);
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    consumer.pause([{ topic }]);
    joined.resolve(payload.memberAssignment[topic]?.length ?? 0);
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => failed.reject(payload.error));
  async function join(): Promise<number> {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => reading.take(batch.partition, batch.messages),
    });
    return joined.promise;
  }
  try {
    const partitions = await within(
      JOIN_DEADLINE,
      `joining ${groupId}`,
      Promise.race([join(), failed.promise]),
    );
    if (partitions === 0)
      throw new ParleyError('FAILED_PRECONDITION', `group ${groupId} has got another member`);
    const member: Member = {
      commit: (positions) => consumer.commitOffsets(positions.map((one) => ({ topic, ...one }))),
      read: reading.read,
    };
    await Promise.race([work(member), failed.promise]);
  } finally {
    await consumer.disconnect();
  }
}

/** Reads a topic in portions with a consumer that is paused between them. */
function reader(consumer: Consumer, topic: string) {
  type Handle = Parameters<Member['read']>[1];
  let portion: { open: Map<number, Span>; handle: Handle; end: (error?: unknown) => void };
  let progress = 0;

  async function take(partition: number, messages: KafkaMessage[]): Promise<void> {
    const { open, handle, end } = portion;
    progress = performance.now();
    try {
      for (const message of messages) {
        const span = open.get(partition);
        if (span === undefined) return;
        const offset = BigInt(message.offset);
        if (offset < span.to && !(await handle(partition, message))) return end();
        if (offset + 1n >= span.to) open.delete(partition);
      }
      if (open.size === 0) end();
    } catch (thrown) {
      end(thrown);
    }
  }

  async function read(spans: Map<number, Span>, handle: Handle): Promise<void> {
    const open = new Map([...spans].filter(([, { from, to }]) => from < to));
    if (open.size === 0) return;
    const done = Promise.withResolvers<void>();
    const end = (error?: unknown) => {
      open.clear();
      if (error === undefined) done.resolve();
      else done.reject(error);
    };
    portion = { open, handle, end };
    progress = performance.now();
    const watch = setInterval(() => {
      if (performance.now() - progress > READ_DEADLINE)
        end(new ParleyError('UNAVAILABLE', `${topic}: nothing came for ${READ_DEADLINE / 1e3} s`));
    }, 1_000);
    try {
      for (const [partition, { from }] of open)
        consumer.seek({ topic, partition, offset: String(from) });
      consumer.resume([{ topic, partitions: [...open.keys()] }]);
      await done.promise;
    } finally {
      clearInterval(watch);
      consumer.pause([{ topic }]);
    }
  }

  return { take, read };
}
