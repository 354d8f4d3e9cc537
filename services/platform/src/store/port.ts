import type { EventRecord } from '../events/port.ts';

/** Hours, deadlines and leases are in milliseconds since the epoch unless a name says otherwise. */
export type Milliseconds = number;

/** A stored JSON value and its version, which grows by one with every put. */
export type StoredRecord<T> = { value: T; version: number };

/** One entry of a stream; sequences start at 1 and have no gaps. */
export type StreamEntry<T> = { sequence: number; value: T };

/**
 * A piece of queued work that `holder` may do until `expiresAt`. Every write that belongs to the work
 * presents the lease; once another holder took the work over, the token differs and the write is refused.
 */
export type Lease = {
  queue: string;
  id: string;
  holder: string;
  token: number;
  expiresAt: Milliseconds;
};

/**
 * One step of a commit. All names are relative to the commit's owner, except queues and indexes, which
 * span owners: an id of work, or a member of an index, belongs to one owner, in whose commits alone it is named. `expect`, `guard` and `release` are judged against what stood before the commit, then all
 * operations are done in order.
 * - put: `expect` is the version that must stand there now, or 'absent'; without it, last writer wins.
 * - append: adds an entry to the owner's stream.
 * - expire: the owner's stream may be dropped after `at`.
 * - enqueue: work `id` is available from `at` (now by default). Already queued: becomes available at the
 *   earlier of both times. A lease on it stays, and what was asked for is remembered: when the holder
 *   releases the work it is available again, so that no wake-up is lost. With `hold`, the work is leased
 *   at once, unless it is queued already.
 * - release: ends leased work, or, with `at`, puts it back to be leased again from then on.
 * - dequeue: removes work whoever holds it; the holder's later writes are refused.
 * - guard: the commit happens only while the lease is held: nobody took the work over. A lease that ran out
 *   stays good until then, so that a store that was away costs nobody the work that he holds.
 * - index, unindex: membership in a list that is read in order of `rank`, then member.
 * - emit: an event, published after the commit, at least once, in order for one owner: it waits in the outbox of the
 *   owner's shard, and the shard's id is enqueued in `OUTBOX_QUEUE`, whose holder publishes and trims.
 */
export type Operation =
  | { op: 'put'; name: string; value: unknown; expect?: number | 'absent' }
  | { op: 'delete'; name: string; expect?: number }
  | { op: 'append'; stream: string; value: unknown }
  | { op: 'expire'; stream: string; at: Milliseconds }
  | {
      op: 'enqueue';
      queue: string;
      id: string;
      at?: Milliseconds;
      hold?: { holder: string; ttl: Milliseconds };
    }
  | { op: 'release'; lease: Lease; at?: Milliseconds }
  | { op: 'dequeue'; queue: string; id: string }
  | { op: 'guard'; lease: Lease }
  | { op: 'index'; index: string; member: string; rank: number }
  | { op: 'unindex'; index: string; member: string }
  | { op: 'emit'; event: EventRecord };

/** What a commit did: leases taken by `enqueue` with `hold`, in order (absent where the work was queued already). */
export type Committed = { leases: (Lease | undefined)[] };

export type Page = { members: string[]; next?: string };

/** The queue of shards with events to publish. The id of its work is a shard, which is an owner on that shard. */
export const OUTBOX_QUEUE = 'outbox';

/** An emitted event that waits to be published; positions of one shard differ. */
export type OutboxEntry = { position: string; event: EventRecord };

/**
 * Durable state of one service. An owner is the id of the thing that the state belongs to (a debate, a
 * society, a cycle …); everything of one owner lives on one shard, so a commit on it is atomic. Reads see every
 * commit that was asked for before them.
 */
export interface Store {
  /**
   * All operations or none.
   * @throws ParleyError CONFLICT when an expected version does not stand there; LEASE_LOST when a lease
   * of `release` or `guard` is no longer held.
   */
  commit(owner: string, operations: Operation[]): Promise<Committed>;
  get<T>(owner: string, name: string): Promise<StoredRecord<T> | undefined>;
  /** Members of an index in order; `after` is a page's `next`. */
  range(
    index: string,
    options: { limit: number; after?: string; reverse?: boolean },
  ): Promise<Page>;
  /**
   * Entries of a stream behind `after`. With `wait` and none there, waits up to that many milliseconds
   * for the first; an aborted signal ends the wait with what there is.
   */
  read<T>(
    owner: string,
    stream: string,
    options: { after: number; limit: number; wait?: Milliseconds; signal?: AbortSignal },
  ): Promise<StreamEntry<T>[]>;
  /**
   * Takes up to `limit` available pieces of work, those available longest first. Work whose lease ran out is
   * available.
   */
  lease(
    queue: string,
    options: { holder: string; ttl: Milliseconds; limit: number },
  ): Promise<Lease[]>;
  /** Extends leases, also those that ran out; returns those that were lost: taken over, released or dequeued. */
  extend(leases: Lease[], ttl: Milliseconds): Promise<Lease[]>;
  /** How much work a queue holds: all of it, and the part that is leased now. */
  depth(queue: string): Promise<{ queued: number; leased: number }>;
  /** Calls the listener, as a hint, when work may have become available. Returns how to stop. */
  onWork(queue: string, listener: () => void): () => void;
  /** The oldest events of a shard that wait to be published, in order; for the holder of its work in `OUTBOX_QUEUE`. */
  outbox(shard: string, limit: number): Promise<OutboxEntry[]>;
  /** Forgets published events of a shard. */
  trim(shard: string, entries: OutboxEntry[]): Promise<void>;
  /**
   * Calls the listener, as a hint, with the shard in whose outbox an event was put, by whatever replica. (`onWork`
   * of `OUTBOX_QUEUE` need only tell of shards that nobody holds.) Returns how to stop.
   */
  onEmit(listener: (shard: string) => void): () => void;
  /** @throws when the store cannot be reached; used for readiness. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
