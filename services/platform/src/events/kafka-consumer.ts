import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { KafkaClient, KafkaClients } from './kafka-client.ts';
import { kafkaFailure, within } from './kafka-deadline.ts';
import { PartitionHandler, type PartitionWork } from './kafka-partition.ts';

/** How long a broker waits for a sign of life before it gives a member's partitions to others. */
const SESSION_TIMEOUT = 10_000;
const HEARTBEAT = 1_000;
/** How long the others wait for a member whose handlers still run when the group divides its work anew. */
const REBALANCE_TIMEOUT = 60_000;
/** How long a broker may hold an answer back when there is nothing to read; an end waits for it. */
const FETCH_WAIT = 500;
/** A partition's part of one answer, and so of what is handled between two looks at the broker. */
const BYTES_PER_PARTITION = 256 * 1024;
const JOIN_PATIENCE = 1_000;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/** Answers to a heartbeat that mean: these partitions are no longer ours. */
const LOST = [
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'NOT_COORDINATOR_FOR_GROUP',
];

export type ConsumerOptions = {
  topic: string;
  groupId: string;
  /** How many partitions are handled side by side. */
  partitions: number;
  /** Where to begin, by partition, for a reader without a group's memory; others begin where the group stopped. */
  from?: Map<number, string>;
  work: Omit<PartitionWork, 'topic' | 'partition'>;
  warn(message: string): void;
};

/**
 * A member of a consumer group that reads one topic until it is closed. It waits for a broker that is
 * away and makes kafkajs' consumer anew where that gives up.
 */
export class KafkaConsumer {
  readonly #clients: KafkaClients;
  readonly #options: ConsumerOptions;
  readonly #stop = new AbortController();
  readonly #joined = Promise.withResolvers<void>();
  readonly #running = new Set<Promise<void>>();
  readonly #handlers = new Map<number, PartitionHandler>();
  readonly #rests = new Set<NodeJS.Timeout>();
  /** Aborts when the partitions that were assigned last are lost, and at the end. */
  #assignment = new AbortController();
  #failures = 0;
  #current: { client: KafkaClient; consumer: Consumer } | undefined;
  #closing: Promise<boolean> | undefined;

  constructor(clients: KafkaClients, options: ConsumerOptions) {
    this.#clients = clients;
    this.#options = options;
  }

  /**
   * Begins to join the group, and waits a little: a group that has lost a member without a word divides its work
   * anew only after that member's session, and nobody should have to wait for that.
   */
  async start(): Promise<void> {
    void this.#begin();
    const { signal } = this.#stop;
    await Promise.race([
      this.#joined.promise,
      delay(JOIN_PATIENCE, undefined, { signal }).catch(() => {}),
    ]);
  }

  /**
   * Waits for the handlers that run, stores how far they came and leaves the group, for `milliseconds`
   * at most once no handler runs.
   * @returns whether the group was left in good order.
   */
  close(milliseconds: number): Promise<boolean> {
    this.#closing ??= this.#end(milliseconds);
    return this.#closing;
  }

  async #end(milliseconds: number): Promise<boolean> {
    this.#stop.abort();
    this.#assignment.abort();
    for (const rest of this.#rests) clearTimeout(rest);
    const left = this.#current?.consumer.disconnect() ?? Promise.resolve();
    left.catch(() => {});
    await Promise.allSettled(this.#running);
    try {
      await within(milliseconds, `leaving ${this.#options.groupId}`, left);
      return true;
    } catch {
      return false;
    } finally {
      this.#current?.client.abandon();
    }
  }

  async #begin(): Promise<void> {
    const { topic, groupId, partitions, from, warn } = this.#options;
    const client = this.#clients.lasting();
    const consumer = client.kafka.consumer({
      groupId,
      sessionTimeout: SESSION_TIMEOUT,
      heartbeatInterval: HEARTBEAT,
      rebalanceTimeout: REBALANCE_TIMEOUT,
      maxWaitTimeInMs: FETCH_WAIT,
      maxBytesPerPartition: BYTES_PER_PARTITION,
      allowAutoTopicCreation: false,
      retry: { retries: Number.MAX_SAFE_INTEGER, restartOnFailure: async () => false },
    });
    this.#current = { client, consumer };
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
      this.#assigned(consumer, payload.memberAssignment[topic] ?? []),
    );
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    consumer.on(consumer.events.CRASH, ({ payload }) => failed.reject(payload.error));
    const run = async () => {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        autoCommit: from === undefined,
        autoCommitInterval: HEARTBEAT,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: partitions,
        eachBatch: (payload) => this.#track(this.#handleBatch(payload)),
      });
      await failed.promise;
    };
    await run().catch(async (thrown) => {
      client.abandon();
      if (this.#stop.signal.aborted) return;
      this.#failures += 1;
      const pause = Math.min(FIRST_PAUSE * 2 ** (this.#failures - 1), LONGEST_PAUSE);
      warn(`${kafkaFailure(`consumer ${groupId}`, thrown).message}; begun anew in ${pause} ms`);
      await delay(pause, undefined, { signal: this.#stop.signal }).catch(() => {});
      if (!this.#stop.signal.aborted) void this.#begin();
    });
  }

  #assigned(consumer: Consumer, partitions: number[]): void {
    const { topic, from } = this.#options;
    this.#assignment = new AbortController();
    if (this.#stop.signal.aborted) this.#assignment.abort();
    this.#failures = 0;
    for (const partition of this.#handlers.keys())
      if (!partitions.includes(partition)) this.#handlers.delete(partition);
    if (from !== undefined)
      for (const partition of partitions)
        consumer.seek({ topic, partition, offset: from.get(partition) ?? '0' });
    this.#joined.resolve();
  }

  async #track(batch: Promise<void>): Promise<void> {
    this.#running.add(batch);
    try {
      await batch;
    } finally {
      this.#running.delete(batch);
    }
  }

  async #handleBatch(payload: EachBatchPayload): Promise<void> {
    const { partition, messages } = payload.batch;
    const assignment = this.#assignment;
    if (assignment.signal.aborted) return;
    const handler = this.#handlerOf(partition);
    const { from } = this.#options;
    const resolve = () => {
      const passed = handler.passed(messages);
      if (passed === undefined) return;
      payload.resolveOffset(passed);
      from?.set(partition, String(BigInt(passed) + 1n));
    };
    let lost: unknown;
    const showLife = async () => {
      try {
        resolve();
        await payload.heartbeat();
        if (from === undefined) await payload.commitOffsetsIfNecessary();
      } catch (thrown) {
        // Any other failure says nothing about the membership: the broker may be away for a while.
        if (!LOST.includes(String((thrown as { type?: string }).type))) return;
        lost = thrown;
        assignment.abort();
      }
    };
    const beat = setInterval(() => void showLife(), HEARTBEAT);
    try {
      await handler.handle(messages, assignment.signal);
    } finally {
      clearInterval(beat);
    }
    resolve();
    const passed = handler.passed(messages);
    if (passed !== undefined) handler.forget(messages, passed);
    if (lost !== undefined) throw lost;
    if (handler.restUntil > 0) this.#rest(payload, handler.restUntil - performance.now());
  }

  #handlerOf(partition: number): PartitionHandler {
    const { topic, work } = this.#options;
    const handler =
      this.#handlers.get(partition) ?? new PartitionHandler({ ...work, topic, partition });
    this.#handlers.set(partition, handler);
    return handler;
  }

  /** Reads no more of the partition for a while; the others go on and the membership stays. */
  #rest({ pause }: EachBatchPayload, milliseconds: number): void {
    const resume = pause();
    const rest = setTimeout(
      () => {
        this.#rests.delete(rest);
        resume();
      },
      Math.max(0, milliseconds),
    );
    this.#rests.add(rest);
  }
}
