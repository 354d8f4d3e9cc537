import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lease, Store } from './port.ts';
import { openSqliteStore } from './sqlite.ts';

const TTL = 100;
const IDS = ['a', 'b', 'c'] as const;

type Item = { at: number; again: number | undefined; token: number | undefined };

/** What the queue must hold, in plain words; `leases` are all that were ever given. */
type Model = { now: number; items: Map<string, Item>; leases: Lease[]; tokens: Set<number> };

const id = fc.constantFrom(...IDS);
const step = fc.oneof(
  fc.record({ kind: fc.constant('enqueue'), id, delay: fc.constantFrom(0, 50) }),
  fc.record({ kind: fc.constant('hold'), id }),
  fc.record({ kind: fc.constant('lease'), limit: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    kind: fc.constant('release'),
    pick: fc.nat(),
    delay: fc.constantFrom(undefined, 0, 50),
  }),
  fc.record({ kind: fc.constant('guard'), pick: fc.nat() }),
  fc.record({ kind: fc.constant('extend'), pick: fc.nat() }),
  fc.record({ kind: fc.constant('dequeue'), id }),
  fc.record({ kind: fc.constant('pass'), time: fc.constantFrom(1, 49, 50, 99, 100) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function isHeld(model: Model, lease: Lease): boolean {
  const item = model.items.get(lease.id);
  return item !== undefined && item.token === lease.token;
}

function give(model: Model, lease: Lease, item: Item): void {
  expect(model.tokens.has(lease.token)).toBe(false);
  expect(lease.expiresAt).toBe(model.now + TTL);
  model.tokens.add(lease.token);
  model.leases.push(lease);
  item.token = lease.token;
  item.at = lease.expiresAt;
  item.again = undefined;
}

async function enqueue(store: Store, model: Model, name: string, delay: number | 'hold') {
  const at = delay === 'hold' ? model.now : model.now + delay;
  const { leases } = await store.commit(name, [
    delay === 'hold'
      ? { op: 'enqueue', queue: 'q', id: name, hold: { holder: 'h', ttl: TTL } }
      : { op: 'enqueue', queue: 'q', id: name, at },
  ]);
  const item = model.items.get(name);
  if (item === undefined) {
    const fresh: Item = { at, again: undefined, token: undefined };
    model.items.set(name, fresh);
    const [lease] = leases;
    expect(lease !== undefined).toBe(delay === 'hold');
    if (lease !== undefined) give(model, lease, fresh);
    return;
  }
  expect(leases.filter((lease) => lease !== undefined)).toEqual([]);
  if (item.token !== undefined) item.again = Math.min(item.again ?? at, at);
  else item.at = Math.min(item.at, at);
}

async function release(store: Store, model: Model, lease: Lease, delay: number | undefined) {
  const at = delay === undefined ? undefined : model.now + delay;
  const commit = store.commit(lease.id, [
    { op: 'release', lease, ...(at === undefined ? {} : { at }) },
  ]);
  const item = model.items.get(lease.id);
  if (item === undefined || !isHeld(model, lease))
    return expect(commit).rejects.toMatchObject({ reason: 'LEASE_LOST' });
  await commit;
  const again = Math.min(at ?? Infinity, item.again ?? Infinity);
  if (again === Infinity) model.items.delete(lease.id);
  else model.items.set(lease.id, { at: again, again: undefined, token: undefined });
}

async function take(store: Store, model: Model, limit: number): Promise<void> {
  const due = Array.from(model.items)
    .filter(([, item]) => item.at <= model.now)
    .toSorted(([a, { at }], [b, { at: other }]) => at - other || (a < b ? -1 : 1))
    .slice(0, limit);
  const leases = await store.lease('q', { holder: 'h', ttl: TTL, limit });
  expect(leases.map((lease) => lease.id)).toEqual(due.map(([name]) => name));
  for (const [at, [, item]] of due.entries()) give(model, leases[at] as Lease, item);
}

async function run(store: Store, model: Model, taken: Step): Promise<void> {
  const pick = 'pick' in taken ? model.leases[taken.pick % model.leases.length] : undefined;
  switch (taken.kind) {
    case 'enqueue':
      return enqueue(
        store,
        model,
        (taken as { id: string }).id,
        (taken as { delay: number }).delay,
      );
    case 'hold':
      return enqueue(store, model, (taken as { id: string }).id, 'hold');
    case 'lease':
      return take(store, model, (taken as { limit: number }).limit);
    case 'pass':
      model.now += (taken as { time: number }).time;
      return;
    case 'dequeue': {
      const name = (taken as { id: string }).id;
      await store.commit(name, [{ op: 'dequeue', queue: 'q', id: name }]);
      model.items.delete(name);
      return;
    }
    case 'release':
      if (pick) await release(store, model, pick, (taken as { delay?: number }).delay);
      return;
    case 'guard': {
      if (pick === undefined) return;
      const commit = store.commit(pick.id, [{ op: 'guard', lease: pick }]);
      if (isHeld(model, pick)) await commit;
      else await expect(commit).rejects.toMatchObject({ reason: 'LEASE_LOST' });
      return;
    }
    case 'extend': {
      if (pick === undefined) return;
      const held = isHeld(model, pick);
      expect(await store.extend([pick], TTL)).toEqual(held ? [] : [pick]);
      const item = model.items.get(pick.id);
      if (held && item) item.at = model.now + TTL;
    }
  }
}

describe('the sqlite queue', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-queue-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('does what its model does, step by step', async () => {
    let service = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const model: Model = { now: 1_000, items: new Map(), leases: [], tokens: new Set() };
        service += 1;
        const store = openSqliteStore(join(folder, 'parley.db'), {
          service: `s${service}`,
          now: () => model.now,
        });
        try {
          for (const taken of steps) await run(store, model, taken);
          const items = Array.from(model.items.values());
          const leased = items.filter(({ at, token }) => token !== undefined && at > model.now);
          expect(await store.depth('q')).toEqual({ queued: items.length, leased: leased.length });
        } finally {
          await store.close();
        }
      }),
      { numRuns: 60 },
    );
  }, 30_000);
});
