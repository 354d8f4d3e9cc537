import { EventEmitter } from 'node:events';
import { ParleyError } from '../errors.ts';
import type { Store } from '../store/port.ts';
import { waitForSignal } from '../store/signals.ts';
import type { Events } from './port.ts';

const BATCH = 500;
const POLL = 1_000;
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 5_000;

export type Relay = { close(): Promise<void> };

/**
 * Publishes what commits emitted, in order, and forgets it once it is published; after a failure it tries
 * the same events again, so an event may be published twice and none is lost.
 * @param options.linger milliseconds to wait after an event was emitted for others to join it.
 * @returns `close`, which publishes what waits, trying once, and stops.
 */
export function startRelay(options: {
  store: Store;
  events: Events;
  onError: (error: ParleyError) => void;
  linger?: number;
}): Relay {
  const { store, events, onError, linger = 3 } = options;
  const signals = new EventEmitter();
  const closing = new AbortController();
  let emitted = true;
  const stopListening = store.onEmit(() => {
    emitted = true;
    signals.emit('emitted');
  });

  /** Publishes a batch; whether there was one. */
  async function publishSome(): Promise<boolean> {
    const entries = await store.outbox(BATCH);
    if (entries.length === 0) return false;
    await events.publish(entries.map(({ event }) => event));
    await store.trim(entries);
    return true;
  }

  async function relay(): Promise<void> {
    let failures = 0;
    for (;;) {
      try {
        emitted = false;
        while (await publishSome()) failures = 0;
        failures = 0;
      } catch (thrown) {
        onError(ParleyError.from(thrown));
        failures += 1;
      }
      if (closing.signal.aborted) return;
      if (failures > 0) {
        const pause = Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE);
        await waitForSignal(signals, 'pause', pause, closing.signal);
        continue;
      }
      if (!emitted) await waitForSignal(signals, 'emitted', POLL, closing.signal);
      if (emitted) await waitForSignal(signals, 'linger', linger, closing.signal);
    }
  }

  const running = relay();
  return {
    async close() {
      closing.abort();
      await running;
      stopListening();
    },
  };
}
