import { describe, expect, it, vi } from 'vitest';
import type { StoreFixture } from './contract-fixture.ts';

/** Streams: order, waiting, aborting and expiry. */
export function streamContract(current: () => StoreFixture): void {
  async function append(...values: unknown[]): Promise<void> {
    await current().store.commit(
      'a',
      values.map((value) => ({ op: 'append', stream: 'log', value })),
    );
  }

  describe('stream', () => {
    it('numbers entries from 1 without gaps and reads behind one', async () => {
      const { store } = current();
      await append('x', { y: 1 });
      await Promise.all([append(3), append(4)]);
      const all = await store.read('a', 'log', { after: 0, limit: 10 });
      expect(all.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
      expect(all.map(({ value }) => value)).toEqual(['x', { y: 1 }, 3, 4]);
      expect(await store.read('a', 'log', { after: 1, limit: 2 })).toEqual(all.slice(1, 3));
      expect(await store.read('a', 'log', { after: 4, limit: 2 })).toEqual([]);
      expect(await store.read('b', 'log', { after: 0, limit: 2 })).toEqual([]);
    });

    it('waits for the first entry, whoever appends it', async () => {
      const { store, another } = current();
      const other = await another();
      const wait = { after: 0, limit: 10, wait: 10_000 };
      const readers = [store.read('a', 'log', wait), other.read('a', 'log', wait)];
      const elsewhere = new AbortController();
      const unmoved = store.read('b', 'log', { ...wait, signal: elsewhere.signal });
      await append('x');
      for (const reader of readers) expect(await reader).toEqual([{ sequence: 1, value: 'x' }]);
      elsewhere.abort();
      expect(await unmoved).toEqual([]);
    });

    it('ends a wait when the time is over or the signal aborted', async () => {
      const { store } = current();
      expect(await store.read('a', 'log', { after: 0, limit: 1, wait: 20 })).toEqual([]);
      const controller = new AbortController();
      const { signal } = controller;
      const reader = store.read('a', 'log', { after: 0, limit: 1, wait: 60_000, signal });
      controller.abort();
      expect(await reader).toEqual([]);
      const late = store.read('a', 'log', { after: 0, limit: 1, wait: 60_000, signal });
      expect(await late).toEqual([]);
      await append('x');
      expect(await store.read('a', 'log', { after: 0, limit: 1, signal })).toHaveLength(1);
    });

    it('ends all waits when the store closes', async () => {
      const { store } = current();
      const reader = store.read('a', 'log', { after: 0, limit: 1, wait: 60_000 });
      await store.ping();
      await store.close();
      expect(await reader).toEqual([]);
    });

    it('drops a stream some time after it expired, and no other', async () => {
      const { store } = current();
      await append('x');
      await store.commit('b', [
        { op: 'append', stream: 'log', value: 'y' },
        { op: 'expire', stream: 'log', at: Date.now() + 3_600_000 },
      ]);
      await store.commit('a', [{ op: 'expire', stream: 'log', at: Date.now() - 1 }]);
      await vi.waitFor(
        async () => {
          await store.commit('c', [{ op: 'put', name: 'tick', value: 0 }]);
          expect(await store.read('a', 'log', { after: 0, limit: 1 })).toEqual([]);
        },
        { timeout: 10_000, interval: 50 },
      );
      expect(await store.read('b', 'log', { after: 0, limit: 1 })).toHaveLength(1);
    }, 15_000);
  });
}
