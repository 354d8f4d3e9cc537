import { describe, expect, it, vi } from 'vitest';
import type { StoreFixture } from './contract-fixture.ts';
import type { Lease, Operation, Store } from './port.ts';

const TTL = 60_000;
/** Short enough that a test waits for its end. */
const BRIEF = 60;
const SOON = { timeout: 5_000, interval: 10 };

/** Lease queues: order, holding, extending, and that a zombie's writes are refused. */
export function queueContract(current: () => StoreFixture): void {
  const enqueue = (id: string, more: { at?: number } = {}): Operation => ({
    op: 'enqueue',
    queue: 'q',
    id,
    ...more,
  });
  async function put(store: Store, id: string, more: { at?: number } = {}): Promise<void> {
    await store.commit(id, [enqueue(id, more)]);
  }
  async function leaseAll(store: Store, holder: string, ttl = TTL, limit = 100): Promise<Lease[]> {
    return store.lease('q', { holder, ttl, limit });
  }
  /** Leases one piece as soon as there is one. */
  async function leaseOne(store: Store, holder: string, ttl = TTL): Promise<Lease> {
    return vi.waitFor(async () => {
      const [lease] = await leaseAll(store, holder, ttl, 1);
      if (lease === undefined) throw new Error('nothing to lease yet');
      return lease;
    }, SOON);
  }
  const lost = { reason: 'LEASE_LOST' };

  describe('queue', () => {
    it('leases what is available longest first, each piece to one holder', async () => {
      const { store } = current();
      const now = Date.now();
      await put(store, 'late', { at: now - 10 });
      await put(store, 'early', { at: now - 30 });
      await put(store, 'middle', { at: now - 20 });
      const [first] = await leaseAll(store, 'one', TTL, 1);
      expect(first).toMatchObject({ queue: 'q', id: 'early', holder: 'one' });
      expect(first?.expiresAt).toBeGreaterThan(now);
      expect((await leaseAll(store, 'two')).map(({ id }) => id)).toEqual(['middle', 'late']);
      expect(await leaseAll(store, 'three')).toEqual([]);
      expect(await store.lease('other', { holder: 'one', ttl: TTL, limit: 9 })).toEqual([]);
    });

    it('divides the work among holders that ask at once', async () => {
      const { store, another } = current();
      const other = await another();
      const ids = Array.from({ length: 40 }, (_, n) => `w${n}`);
      await Promise.all(ids.map((id) => put(store, id)));
      const taken = await Promise.all(
        Array.from({ length: 16 }, (_, n) =>
          leaseAll(n % 2 === 0 ? store : other, `h${n}`, TTL, 3),
        ),
      );
      const leases = taken.flat();
      expect(leases.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
      expect(new Set(leases.map(({ token }) => token)).size).toBe(ids.length);
    });

    it('keeps work back until its time, and brings it forward', async () => {
      const { store } = current();
      await put(store, 'a', { at: Date.now() + TTL });
      expect(await leaseAll(store, 'one')).toEqual([]);
      await put(store, 'a', { at: Date.now() + 2 * TTL });
      expect(await leaseAll(store, 'one')).toEqual([]);
      await put(store, 'a');
      expect((await leaseAll(store, 'one')).map(({ id }) => id)).toEqual(['a']);
      await put(store, 'b', { at: Date.now() + BRIEF });
      expect((await leaseOne(store, 'one')).id).toBe('b');
    });

    it('holds work for who enqueues it, unless it is queued already', async () => {
      const { store } = current();
      const hold = { holder: 'one', ttl: TTL };
      await store.commit('a', [enqueue('there')]);
      const { leases } = await store.commit('a', [
        { op: 'enqueue', queue: 'q', id: 'a', hold },
        { op: 'enqueue', queue: 'q', id: 'there', hold },
        enqueue('plain'),
      ]);
      expect(leases).toEqual([expect.objectContaining({ id: 'a', holder: 'one' }), undefined]);
      expect((await leaseAll(store, 'two')).map(({ id }) => id).toSorted()).toEqual([
        'plain',
        'there',
      ]);
      const [lease] = leases as [Lease];
      await store.commit('a', [{ op: 'guard', lease }]);
    });

    it('queues an id once', async () => {
      const { store } = current();
      await put(store, 'a');
      await put(store, 'a');
      expect(await store.depth('q')).toEqual({ queued: 1, leased: 0 });
      expect(await leaseAll(store, 'one')).toHaveLength(1);
      expect(await store.depth('q')).toEqual({ queued: 1, leased: 1 });
    });

    it('ends work that is released, or leases it again from a time on', async () => {
      const { store } = current();
      await put(store, 'a');
      const first = await leaseOne(store, 'one');
      await store.commit('a', [{ op: 'release', lease: first, at: Date.now() + TTL }]);
      expect(await store.depth('q')).toEqual({ queued: 1, leased: 0 });
      expect(await leaseAll(store, 'one')).toEqual([]);
      await put(store, 'a');
      const second = await leaseOne(store, 'one');
      expect(second.token).toBeGreaterThan(first.token);
      await store.commit('a', [{ op: 'release', lease: second }]);
      expect(await store.depth('q')).toEqual({ queued: 0, leased: 0 });
      await expect(store.commit('a', [{ op: 'release', lease: second }])).rejects.toMatchObject(
        lost,
      );
    });

    it('remembers an enqueue that comes while the work is leased', async () => {
      const { store } = current();
      await put(store, 'a');
      const lease = await leaseOne(store, 'one');
      await put(store, 'a');
      expect(await leaseAll(store, 'two')).toEqual([]);
      await store.commit('a', [{ op: 'guard', lease }]);
      await store.commit('a', [{ op: 'release', lease }]);
      const again = await leaseOne(store, 'two');
      expect(again.id).toBe('a');
      await store.commit('a', [{ op: 'release', lease: again }]);
      expect(await store.depth('q')).toEqual({ queued: 0, leased: 0 });
    });

    it('refuses every write of a holder whose work was taken over', async () => {
      const { store, another } = current();
      const other = await another();
      await put(store, 'a');
      const zombie = await leaseOne(store, 'one', BRIEF);
      const heir = await leaseOne(other, 'two');
      expect(heir.id).toBe('a');
      expect(heir.token).toBeGreaterThan(zombie.token);
      const guarded: Operation[] = [
        { op: 'put', name: 'state', value: 'zombie' },
        { op: 'guard', lease: zombie },
      ];
      await expect(store.commit('a', guarded)).rejects.toMatchObject(lost);
      expect(await store.get('a', 'state')).toBeUndefined();
      await expect(store.commit('a', [{ op: 'release', lease: zombie }])).rejects.toMatchObject(
        lost,
      );
      expect(await store.extend([zombie, heir], TTL)).toEqual([zombie]);
      await other.commit('a', [
        { op: 'guard', lease: heir },
        { op: 'release', lease: heir },
      ]);
    });

    it('lets a holder go on whose lease ran out, until someone takes the work over', async () => {
      const { store } = current();
      await put(store, 'a');
      const lease = await leaseOne(store, 'one', BRIEF);
      const ranOut = { queued: 1, leased: 0 };
      await vi.waitFor(async () => expect(await store.depth('q')).toEqual(ranOut), SOON);
      await store.commit('a', [{ op: 'guard', lease }]);
      await put(store, 'a');
      expect(await store.extend([lease], BRIEF)).toEqual([]);
      await vi.waitFor(async () => expect(await store.depth('q')).toEqual(ranOut), SOON);
      await store.commit('a', [{ op: 'release', lease }]);
      const heir = await leaseOne(store, 'two');
      expect(await store.extend([lease], BRIEF)).toEqual([lease]);
      await store.commit('a', [{ op: 'release', lease: heir }]);
      expect(await store.depth('q')).toEqual({ queued: 0, leased: 0 });
    });

    it('takes work from its holder by dequeue, for good', async () => {
      const { store } = current();
      await put(store, 'a');
      const before = await leaseOne(store, 'one');
      await store.commit('a', [{ op: 'dequeue', queue: 'q', id: 'a' }]);
      expect(await store.depth('q')).toEqual({ queued: 0, leased: 0 });
      await put(store, 'a');
      const after = await leaseOne(store, 'one');
      expect(after.token).not.toBe(before.token);
      await expect(store.commit('a', [{ op: 'guard', lease: before }])).rejects.toMatchObject(lost);
      await store.commit('a', [{ op: 'guard', lease: after }]);
    });

    it('never uses a token twice, across a close too', async () => {
      const { store, another } = current();
      await put(store, 'a');
      const before = await leaseOne(store, 'one');
      await store.commit('a', [{ op: 'dequeue', queue: 'q', id: 'a' }]);
      await store.close();
      const next = await another();
      await put(next, 'a');
      expect((await leaseOne(next, 'one')).token).toBeGreaterThan(before.token);
    });

    it('keeps a lease for as long as it is extended', async () => {
      const { store } = current();
      await put(store, 'a');
      await put(store, 'b');
      const leases = await leaseAll(store, 'one', 500);
      const [kept, left] = leases as [Lease, Lease];
      const taken = await vi.waitFor(async () => {
        expect(await store.extend([kept], 500)).toEqual([]);
        const found = await leaseAll(store, 'two');
        expect(found).toHaveLength(1);
        return found;
      }, SOON);
      expect(taken.map(({ id }) => id)).toEqual([left.id]);
      expect(await store.extend([kept, left], 500)).toEqual([left]);
      expect(await store.extend([], 500)).toEqual([]);
    });

    it('tells listeners of new work until they stop', async () => {
      const { store } = current();
      const listener = vi.fn();
      const stop = store.onWork('q', listener);
      await put(store, 'a');
      await vi.waitFor(() => expect(listener).toHaveBeenCalledTimes(1), SOON);
      const lease = await leaseOne(store, 'one');
      await store.commit('a', [{ op: 'release', lease, at: Date.now() }]);
      await vi.waitFor(() => expect(listener).toHaveBeenCalledTimes(2), SOON);
      stop();
      await put(store, 'b');
      await store.ping();
      expect(listener).toHaveBeenCalledTimes(2);
    });
  });
}
