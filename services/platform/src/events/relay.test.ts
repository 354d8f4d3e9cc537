import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sampleEvent } from '../store/contract-commit.ts';
import type { Store } from '../store/port.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Events } from './port.ts';
import { startRelay } from './relay.ts';
import { openSqliteEvents } from './sqlite.ts';

describe('startRelay', () => {
  const { topic } = sampleEvent('', 0);
  let folder = '';
  let store: Store;
  let events: Events;
  let seen: string[] = [];
  const onError = vi.fn();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-relay-'));
    store = openSqliteStore(join(folder, 'store.db'), { service: 'tests' });
    events = openSqliteEvents(join(folder, 'events.db'));
    seen = [];
    onError.mockReset();
    await events.subscribe({
      topic,
      group: 'g',
      handle: async ({ id }) => {
        seen.push(id);
      },
    });
  });
  afterEach(async () => {
    await events.close();
    await store.close();
    await rm(folder, { recursive: true });
  });

  async function emit(key: string, number: number): Promise<void> {
    await store.commit(key, [{ op: 'emit', event: sampleEvent(key, number) }]);
  }

  it('publishes in order what was emitted before and after its start, and trims it', async () => {
    for (let n = 0; n < 20; n += 1) await emit('a', n);
    const relay = startRelay({ store, events, onError });
    for (let n = 20; n < 40; n += 1) await emit('a', n);
    await vi.waitFor(() => expect(seen).toHaveLength(40));
    expect(seen).toEqual(Array.from({ length: 40 }, (_, n) => `a-${n}`));
    await vi.waitFor(async () => expect(await store.outbox('shard-0', 1)).toEqual([]));
    await relay.close();
    expect(onError).not.toHaveBeenCalled();
  });

  it('loses nothing when it dies between publishing and trimming', async () => {
    const dying: Store = { ...store, trim: () => Promise.reject(new Error('killed')) };
    for (let n = 0; n < 3; n += 1) await emit('a', n);
    const first = startRelay({ store: dying, events, onError });
    await vi.waitFor(() => expect(onError).toHaveBeenCalled());
    await first.close();
    await emit('a', 3);
    const second = startRelay({ store, events, onError });
    await vi.waitFor(() => expect(seen).toContain('a-3'));
    await second.close();
    expect([...new Set(seen)]).toEqual(['a-0', 'a-1', 'a-2', 'a-3']);
    expect(await store.outbox('shard-0', 1)).toEqual([]);
  });

  it('tries again, in order, while the event log refuses', async () => {
    let refusals = 3;
    const refusing: Events = {
      ...events,
      publish: (batch) => {
        refusals -= 1;
        return refusals < 0 ? events.publish(batch) : Promise.reject(new Error('away'));
      },
    };
    const relay = startRelay({ store, events: refusing, onError });
    for (let n = 0; n < 5; n += 1) await emit('a', n);
    await vi.waitFor(() => expect(seen).toHaveLength(5), { timeout: 5_000 });
    expect(seen).toEqual(['a-0', 'a-1', 'a-2', 'a-3', 'a-4']);
    expect(onError).toHaveBeenCalledTimes(3);
    await relay.close();
  });

  it('publishes what waits before it closes', async () => {
    const relay = startRelay({ store, events, onError });
    for (let n = 0; n < 5; n += 1) await emit('a', n);
    await relay.close();
    expect(await store.outbox('shard-0', 1)).toEqual([]);
    await vi.waitFor(() => expect(seen).toHaveLength(5));
  });

  it('shares a store with another relay: each event is published once, and the work goes over', async () => {
    const first = startRelay({ store, events, onError });
    const second = startRelay({ store, events, onError });
    for (let n = 0; n < 20; n += 1) await emit('a', n);
    await vi.waitFor(() => expect(seen).toHaveLength(20));
    await Promise.all([first.close(), emit('a', 20)]);
    for (let n = 21; n < 30; n += 1) await emit('a', n);
    await vi.waitFor(() => expect(seen.length).toBeGreaterThanOrEqual(30));
    expect(seen).toEqual(Array.from({ length: 30 }, (_, n) => `a-${n}`));
    await second.close();
    expect(onError).not.toHaveBeenCalled();
  });
});
