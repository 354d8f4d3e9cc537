import { describe, expect, it, vi } from 'vitest';
import type { EventRecord } from '../events/port.ts';
import type { StoreFixture } from './contract-fixture.ts';
import { type Lease, type Operation, OUTBOX_QUEUE, type OutboxEntry, type Store } from './port.ts';

/** An event as tests emit it. */
export function sampleEvent(key: string, number: number): EventRecord {
  return {
    id: `${key}-${number}`,
    topic: 'parley.tests.done',
    key,
    type: 'parley.tests.v1.Done',
    source: 'tests',
    time: '2026-01-01T00:00:00.000Z',
    data: new Uint8Array([number, 0, 255]),
  };
}

/** What waits to be published, in all shards that are queued; their work is released again. */
async function waiting(store: Store): Promise<OutboxEntry[]> {
  const leases = await store.lease(OUTBOX_QUEUE, { holder: 'test', ttl: 60_000, limit: 99 });
  const entries = leases.map(async (lease) => {
    const there = await store.outbox(lease.id, 99);
    await store.commit(lease.id, [{ op: 'release', lease, at: 0 }]);
    return there;
  });
  return (await Promise.all(entries)).flat();
}

/** Records, indexes, the outbox, atomicity and durability. */
export function commitContract(current: () => StoreFixture): void {
  describe('commit', () => {
    it('stores values with versions that grow by one', async () => {
      const { store } = current();
      expect(await store.get('a', 'state')).toBeUndefined();
      await store.commit('a', [{ op: 'put', name: 'state', value: { n: 1, text: 'Größe 🌍\n"' } }]);
      expect(await store.get('a', 'state')).toEqual({
        value: { n: 1, text: 'Größe 🌍\n"' },
        version: 1,
      });
      await store.commit('a', [{ op: 'put', name: 'state', value: null, expect: 1 }]);
      expect(await store.get('a', 'state')).toEqual({ value: null, version: 2 });
      expect(await store.get('b', 'state')).toBeUndefined();
    });

    it('refuses a version that does not stand there, naming what does', async () => {
      const { store } = current();
      const put = (expect?: number | 'absent'): Operation => ({
        op: 'put',
        name: 'state',
        value: 0,
        ...(expect === undefined ? {} : { expect }),
      });
      await expect(store.commit('a', [put(1)])).rejects.toMatchObject({ reason: 'CONFLICT' });
      await store.commit('a', [put('absent')]);
      await expect(store.commit('a', [put('absent')])).rejects.toMatchObject({
        reason: 'CONFLICT',
      });
      await expect(store.commit('a', [put(2)])).rejects.toThrow(/version 1, expected 2/);
      await expect(
        store.commit('a', [{ op: 'delete', name: 'state', expect: 2 }]),
      ).rejects.toMatchObject({ reason: 'CONFLICT' });
      await store.commit('a', [{ op: 'delete', name: 'state', expect: 1 }]);
      expect(await store.get('a', 'state')).toBeUndefined();
      await store.commit('a', [put('absent')]);
    });

    it('does nothing at all when one operation in the middle is refused', async () => {
      const { store } = current();
      await store.commit('a', [{ op: 'put', name: 'held', value: 'before' }]);
      const refused = store.commit('a', [
        { op: 'put', name: 'first', value: 1 },
        { op: 'append', stream: 'log', value: 1 },
        { op: 'enqueue', queue: 'q', id: 'a' },
        { op: 'index', index: 'all', member: 'a', rank: 1 },
        { op: 'emit', event: sampleEvent('a', 1) },
        { op: 'put', name: 'held', value: 'after', expect: 7 },
        { op: 'delete', name: 'held' },
      ]);
      await expect(refused).rejects.toMatchObject({ reason: 'CONFLICT' });
      expect(await store.get('a', 'first')).toBeUndefined();
      expect(await store.get('a', 'held')).toEqual({ value: 'before', version: 1 });
      expect(await store.read('a', 'log', { after: 0, limit: 10 })).toEqual([]);
      expect(await store.depth('q')).toEqual({ queued: 0, leased: 0 });
      expect(await store.range('all', { limit: 10 })).toEqual({ members: [] });
      expect(await waiting(store)).toEqual([]);
      expect(await store.depth(OUTBOX_QUEUE)).toEqual({ queued: 0, leased: 0 });
    });

    it('keeps a refused commit from touching those beside it', async () => {
      const { store } = current();
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) =>
          store.commit(`o${n}`, [
            { op: 'append', stream: 'log', value: n },
            { op: 'put', name: 'state', value: n, ...(n % 3 === 0 ? { expect: 9 } : {}) },
          ]),
        ),
      );
      for (const [n, { status }] of results.entries()) {
        const refused = n % 3 === 0;
        expect(status).toBe(refused ? 'rejected' : 'fulfilled');
        const entries = await store.read(`o${n}`, 'log', { after: 0, limit: 9 });
        expect(entries.length).toBe(refused ? 0 : 1);
      }
    });

    it('takes the values as they are when it is called', async () => {
      const { store } = current();
      const value = { n: 1 };
      const commit = store.commit('a', [{ op: 'put', name: 'state', value }]);
      value.n = 2;
      await commit;
      expect((await store.get<{ n: number }>('a', 'state'))?.value.n).toBe(1);
    });

    it('reads what was committed before the read, awaited or not', async () => {
      const { store } = current();
      const commit = store.commit('a', [{ op: 'put', name: 'state', value: 1 }]);
      expect((await store.get('a', 'state'))?.value).toBe(1);
      await commit;
    });

    it('lets one of 16 writers win every round of compare-and-set', async () => {
      const { store, another } = current();
      const other = await another();
      const rounds = 20;
      await store.commit('a', [{ op: 'put', name: 'count', value: 0 }]);
      const writers = Array.from({ length: 16 }, async (_, n) => {
        const mine = n % 2 === 0 ? store : other;
        for (let done = 0; done < rounds; ) {
          const seen = await mine.get<number>('a', 'count');
          try {
            await mine.commit('a', [
              {
                op: 'put',
                name: 'count',
                value: (seen?.value ?? 0) + 1,
                expect: seen?.version ?? 'absent',
              },
            ]);
            done += 1;
          } catch (thrown) {
            expect(thrown).toMatchObject({ reason: 'CONFLICT', retryable: true });
          }
        }
      });
      await Promise.all(writers);
      expect(await store.get('a', 'count')).toEqual({
        value: 16 * rounds,
        version: 16 * rounds + 1,
      });
    });

    it('keeps everything across a close', async () => {
      const { store, another } = current();
      await store.commit('a', [
        { op: 'put', name: 'state', value: [1] },
        { op: 'append', stream: 'log', value: 'x' },
        { op: 'enqueue', queue: 'q', id: 'a' },
        { op: 'index', index: 'all', member: 'a', rank: 1 },
        { op: 'emit', event: sampleEvent('a', 1) },
      ]);
      await store.close();
      const next = await another();
      expect(await next.get('a', 'state')).toEqual({ value: [1], version: 1 });
      expect(await next.read('a', 'log', { after: 0, limit: 9 })).toEqual([
        { sequence: 1, value: 'x' },
      ]);
      expect(await next.depth('q')).toEqual({ queued: 1, leased: 0 });
      expect((await next.range('all', { limit: 9 })).members).toEqual(['a']);
      expect((await waiting(next)).map(({ event }) => event.id)).toEqual(['a-1']);
    });

    it('refuses to be used after its close', async () => {
      const { store } = current();
      await store.ping();
      await store.close();
      await store.close();
      await expect(store.ping()).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
      await expect(store.commit('a', [])).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    });
  });

  describe('index', () => {
    async function pages(index: string, limit: number, reverse: boolean): Promise<string[]> {
      const members: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await current().store.range(index, {
          limit,
          reverse,
          ...(after === undefined ? {} : { after }),
        });
        members.push(...page.members);
        if (page.next === undefined) return members;
        expect(page.members.length).toBe(limit);
        after = page.next;
      }
    }

    it('pages by rank, then member, both ways, with equal ranks', async () => {
      const { store } = current();
      const order = ['n', 'b', 'c', 'd', 'a', 'é', 'z'];
      const ranks = [-2.5, 1, 1, 1, 3, 1_700_000_000_123, 1_700_000_000_123];
      const expected = ['n', 'b', 'c', 'd', 'a', 'z', 'é'];
      for (const at of [3, 0, 6, 2, 5, 1, 4]) {
        const member = order[at] ?? '';
        await store.commit(member, [{ op: 'index', index: 'all', member, rank: ranks[at] ?? 0 }]);
      }
      for (const limit of [1, 2, 3, 7, 100]) {
        expect(await pages('all', limit, false)).toEqual(expected);
        expect(await pages('all', limit, true)).toEqual(expected.toReversed());
      }
    });

    it('moves a member to its new rank and forgets it', async () => {
      const { store } = current();
      for (const [n, member] of ['a', 'b', 'c'].entries())
        await store.commit(member, [{ op: 'index', index: 'all', member, rank: n }]);
      await store.commit('a', [{ op: 'index', index: 'all', member: 'a', rank: 9 }]);
      expect(await pages('all', 2, false)).toEqual(['b', 'c', 'a']);
      await store.commit('b', [{ op: 'unindex', index: 'all', member: 'b' }]);
      expect(await pages('all', 2, false)).toEqual(['c', 'a']);
      expect(await pages('other', 2, false)).toEqual([]);
    });

    it('goes on behind a member that has gone meanwhile', async () => {
      const { store } = current();
      for (const [rank, member] of ['a', 'b', 'c'].entries())
        await store.commit(member, [{ op: 'index', index: 'all', member, rank }]);
      const { next = '' } = await store.range('all', { limit: 2 });
      await store.commit('b', [{ op: 'unindex', index: 'all', member: 'b' }]);
      expect(await store.range('all', { limit: 2, after: next })).toEqual({ members: ['c'] });
    });

    it('refuses a cursor that is none', async () => {
      await expect(
        current().store.range('all', { limit: 2, after: 'nonsense' }),
      ).rejects.toMatchObject({ reason: 'INVALID_ARGUMENT' });
    });
  });

  describe('outbox', () => {
    it('holds emitted events in order until they are trimmed, and queues their shard', async () => {
      const { store } = current();
      const hint = vi.fn();
      const stop = store.onEmit(hint);
      for (let n = 1; n <= 5; n += 1)
        await store.commit('a', [{ op: 'emit', event: sampleEvent('a', n) }]);
      await vi.waitFor(() => expect(hint).toHaveBeenCalled());
      stop();
      const [lease] = await store.lease(OUTBOX_QUEUE, { holder: 'relay', ttl: 60_000, limit: 99 });
      const shard = lease?.id ?? '';
      expect(hint).toHaveBeenCalledWith(shard);
      const oldest = await store.outbox(shard, 3);
      expect(oldest.map(({ event }) => event.id)).toEqual(['a-1', 'a-2', 'a-3']);
      const [first] = oldest;
      expect({ ...first?.event, data: [...(first?.event.data ?? [])] }).toEqual({
        ...sampleEvent('a', 1),
        data: [1, 0, 255],
      });
      await store.trim(shard, oldest);
      const left = await store.outbox(shard, 9);
      expect(left.map(({ event }) => event.id)).toEqual(['a-4', 'a-5']);
      await store.trim(shard, left);
      await store.commit('a', [{ op: 'emit', event: sampleEvent('a', 6) }]);
      await store.commit(shard, [{ op: 'release', lease: lease as Lease }]);
      expect(await store.depth(OUTBOX_QUEUE)).toEqual({ queued: 1, leased: 0 });
    });
  });
}
