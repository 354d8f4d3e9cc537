import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { ParleyError } from '../errors.ts';
import { type Lease, OUTBOX_QUEUE, type Store } from '../store/port.ts';
import { waitForSignal } from '../store/signals.ts';
import { runLeased } from '../work/runner.ts';
import type { Events } from './port.ts';

const BATCH = 500;
const LINGER = 10;
const POLL = 1_000;
const KEEP = 5_000;
const TTL = 10_000;
const MOST_SHARDS = 64;
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2_000;

export type Relay = { close(): Promise<void> };

/**
 * Publishes what commits emitted and forgets it once it is published. A shard is leased while it has events and
 * for some seconds after, so of all replicas one publishes it, in order. After a failure the same events are
 * tried again, so an event may be published twice and none is lost.
 * @returns `close`, which publishes what waits, trying once, hands the shards back and stops.
 */
export function startRelay(options: {
  store: Store;
  events: Events;
  onError: (error: ParleyError) => void;
}): Relay {
  const { store, events, onError } = options;
  const holder = randomUUID();
  const signals = new EventEmitter().setMaxListeners(0);
  const heard = new Set<string>();
  const stopListening = store.onEmit((shard) => {
    heard.add(shard);
    signals.emit(shard);
  });

  function fail(thrown: unknown): false {
    onError(ParleyError.from(thrown));
    return false;
  }

  /** Publishes what waits in a shard, all of it or until the signal is aborted; whether there was anything. */
  async function publishAll(shard: string, signal?: AbortSignal): Promise<boolean> {
    for (let any = false; ; any = true) {
      if (any && signal?.aborted) return true;
      const entries = await store.outbox(shard, BATCH);
      if (entries.length === 0) return any;
      await events.publish(entries.map(({ event }) => event));
      await store.trim(shard, entries);
    }
  }

  async function relayShard(lease: Lease, signal: AbortSignal): Promise<void> {
    const shard = lease.id;
    let idleSince = performance.now();
    for (let failures = 0; ; ) {
      heard.delete(shard);
      if (signal.aborted && ParleyError.from(signal.reason).reason === 'LEASE_LOST') return;
      const closing = signal.aborted;
      try {
        if (await publishAll(shard, signal)) idleSince = performance.now();
        failures = 0;
      } catch (thrown) {
        fail(thrown);
        failures += 1;
      }
      if (closing) return;
      if (failures > 0) {
        const pause = Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE);
        await waitForSignal(signals, 'pause', pause, signal);
        continue;
      }
      if (performance.now() - idleSince > KEEP)
        return void (await store.commit(shard, [{ op: 'release', lease }]));
      if (!heard.has(shard)) await waitForSignal(signals, shard, POLL, signal);
      if (heard.has(shard)) await waitForSignal(signals, 'linger', LINGER, signal);
    }
  }

  const runner = runLeased({
    store,
    queue: OUTBOX_QUEUE,
    holder,
    concurrency: MOST_SHARDS,
    ttl: TTL,
    run: relayShard,
    onError,
  });

  /** What was emitted so late that no run had taken it yet. */
  async function publishRest(): Promise<void> {
    const leases = await store.lease(OUTBOX_QUEUE, { holder, ttl: TTL, limit: MOST_SHARDS });
    await Promise.all(
      leases.map(async (lease) => {
        const published = await publishAll(lease.id).then(() => true, fail);
        const again = published ? {} : { at: Date.now() };
        await store.commit(lease.id, [{ op: 'release', lease, ...again }]);
      }),
    );
  }

  let closing: Promise<void> | undefined;
  return {
    close() {
      closing ??= runner.close().then(publishRest).catch(fail).then(stopListening);
      return closing;
    },
  };
}
