import { setTimeout as delay } from 'node:timers/promises';
import { ParleyError } from '../errors.ts';
import type { Lease, Milliseconds, Store } from '../store/port.ts';
import { failureDelays } from './failure-delays.ts';
import { inTime } from './in-time.ts';

const POLL = 500;
const PATIENCE = 60_000;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 1_000;

/** What a run knows of its hold on the work. */
export type Hold = {
  /**
   * To be awaited before anything that costs and cannot be fenced: resolves while the lease is fresh, else asks
   * the store, as after a process was stopped for a while; rejects with LEASE_LOST.
   */
  confirm(): Promise<void>;
  /** Aborted when the runner closes: a run that can begins nothing new, ends what is under way and throws. */
  draining: AbortSignal;
};

export type RunnerOptions = {
  store: Store;
  queue: string;
  /** Who leases: unique per replica. */
  holder: string;
  /** How many runs at once. */
  concurrency: number;
  /** How long a lease lasts unless extended; it is extended every third of that. */
  ttl: Milliseconds;
  /**
   * Does the work and commits its `release`. The signal is aborted when the lease is lost (LEASE_LOST) or
   * the run is to end (CANCELLED). Work that a run leaves unreleased comes back when its lease runs out.
   */
  run: (lease: Lease, signal: AbortSignal, hold: Hold) => Promise<void>;
  /**
   * How long past its lease a run goes on while the store cannot be asked whether it is still held, 60 s by
   * default: nothing that another holder did meanwhile can be overwritten, and work that is paid for is kept.
   */
  patience?: Milliseconds;
  /** How long runs get, when the runner closes, to end what is under way; nothing by default. */
  drain?: Milliseconds;
  /** Told what a run threw, with its lease, and what the store threw, without. */
  onError: (error: ParleyError, lease?: Lease) => void;
  /** The owner of a piece of work; by default it is its id. */
  owner?: (lease: Lease) => string;
  now?: () => Milliseconds;
};

export type Runner = {
  /**
   * Runs work that the caller already holds; false without room, then the caller hands the lease back.
   * @param askedAt when the lease was asked for, by `performance.now()`.
   */
  take(lease: Lease, askedAt: Milliseconds): boolean;
  /** Ends the runs of that id; unless its lease was lost or dequeued, the work is handed back. */
  abort(id: string): void;
  running(): number;
  /** Takes no more, drains and then ends all runs, waits for them, and hands back what they did not finish. */
  close(): Promise<void>;
};

type Run = { lease: Lease; controller: AbortController; heldUntil: number; done: Promise<void> };

/**
 * Runs leased work, as many pieces at once as `concurrency`. A run that throws is released and leased
 * again, by whomever, after a delay that grows with its failures in a row up to 30 seconds, or 4 while something
 * is away. While the store cannot be told, the work stays with the runner.
 */
export function runLeased(options: RunnerOptions): Runner {
  const { store, queue, holder, concurrency, ttl, onError } = options;
  const { patience = PATIENCE, drain = 0, now = Date.now } = options;
  const owner = options.owner ?? ((lease: Lease) => lease.id);
  const runs = new Map<number, Run>();
  const delays = failureDelays();
  const draining = new AbortController();
  let reserved = 0;
  let mayHoldMore = true;
  let leasing = false;
  let filling: Promise<void> | undefined;
  let extending: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  async function handBack(lease: Lease, at: Milliseconds): Promise<void> {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      const last = closing !== undefined;
      try {
        await store.commit(owner(lease), [{ op: 'release', lease, at }]);
        return;
      } catch (thrown) {
        const error = ParleyError.from(thrown);
        if (error.reason === 'LEASE_LOST') return;
        onError(error);
        if (last || !error.retryable) return;
      }
      await delay(pause);
    }
  }

  async function perform(lease: Lease, signal: AbortSignal): Promise<void> {
    try {
      await options.run(lease, signal, {
        confirm: () => confirm(lease, signal),
        draining: draining.signal,
      });
      delays.forget(lease.id);
      // A run that was ended may return without having released; if it did release, this is refused.
      if (signal.aborted) await handBack(lease, now());
    } catch (thrown) {
      const error = ParleyError.from(thrown);
      const cause = signal.aborted ? ParleyError.from(signal.reason) : error;
      if (cause.reason === 'LEASE_LOST') {
        delays.forget(lease.id);
        onError(error, lease);
      } else if (signal.aborted || draining.signal.aborted) await handBack(lease, now());
      else {
        onError(error, lease);
        await handBack(lease, now() + delays.next(lease.id, error.reason));
      }
    }
  }

  function isStale({ heldUntil }: Run): boolean {
    return heldUntil - performance.now() < ttl / 3;
  }

  async function confirm({ token }: Lease, signal: AbortSignal): Promise<void> {
    for (;;) {
      const run = runs.get(token);
      if (run === undefined || !isStale(run)) return;
      await extendAll();
      if (signal.aborted) throw ParleyError.from(signal.reason);
      if (isStale(run)) await delay(POLL, undefined, { signal }).catch(() => {});
    }
  }

  function start(lease: Lease, askedAt: Milliseconds): void {
    const controller = new AbortController();
    const done = perform(lease, controller.signal).finally(() => {
      runs.delete(lease.token);
      if (mayHoldMore) fill();
    });
    runs.set(lease.token, { lease, controller, heldUntil: askedAt + ttl, done });
  }

  function fill(): void {
    mayHoldMore = true;
    if (closing !== undefined || leasing) return;
    leasing = true;
    filling = leaseSome();
  }

  async function leaseSome(): Promise<void> {
    try {
      while (mayHoldMore && closing === undefined) {
        const limit = concurrency - runs.size;
        if (limit <= 0) return;
        mayHoldMore = false;
        reserved = limit;
        const askedAt = performance.now();
        const leases = await store.lease(queue, { holder, ttl, limit });
        reserved = 0;
        if (leases.length === limit) mayHoldMore = true;
        if (closing === undefined) for (const lease of leases) start(lease, askedAt);
        else await Promise.all(leases.map((lease) => handBack(lease, now())));
      }
    } catch (thrown) {
      onError(ParleyError.from(thrown));
    } finally {
      reserved = 0;
      leasing = false;
    }
  }

  function lose({ lease, controller }: Run): void {
    controller.abort(
      new ParleyError('LEASE_LOST', `${holder} lost ${lease.queue}/${lease.id} to another holder`),
    );
  }

  function extendAll(): Promise<void> {
    extending ??= extendHeld().finally(() => {
      extending = undefined;
    });
    return extending;
  }

  async function extendHeld(): Promise<void> {
    const held = [...runs.values()];
    if (held.length === 0) return;
    const heldUntil = performance.now() + ttl;
    try {
      const lost = await store.extend(
        held.map(({ lease }) => lease),
        ttl,
      );
      const tokens = new Set(lost.map(({ token }) => token));
      for (const run of held) {
        if (tokens.has(run.lease.token)) lose(run);
        else run.heldUntil = heldUntil;
      }
    } catch (thrown) {
      onError(ParleyError.from(thrown));
      const unanswered = performance.now() - patience;
      for (const run of held) if (run.heldUntil <= unanswered) lose(run);
    }
  }

  function end({ controller }: Run, why: string): void {
    controller.abort(new ParleyError('CANCELLED', why));
  }

  async function shutDown(): Promise<void> {
    stopListening();
    clearInterval(poll);
    await filling;
    draining.abort();
    const ended = Promise.all(Array.from(runs.values(), ({ done }) => done));
    if (drain > 0) await inTime(drain, ended).catch(() => {});
    for (const run of runs.values()) end(run, 'the runner is closing');
    await ended;
    clearInterval(extension);
  }

  const stopListening = store.onWork(queue, fill);
  const poll = setInterval(fill, POLL);
  const extension = setInterval(() => void extendAll(), ttl / 3);
  fill();

  return {
    take(lease, askedAt) {
      if (closing !== undefined || runs.size + reserved >= concurrency) return false;
      start(lease, askedAt);
      return true;
    },
    abort(id) {
      for (const run of runs.values())
        if (run.lease.id === id) end(run, `${queue}/${id} was ended`);
    },
    running: () => runs.size,
    close() {
      closing ??= shutDown();
      return closing;
    },
  };
}
