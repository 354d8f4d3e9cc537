import { type Lease, ParleyError, type Store } from '@parley/platform';
import fc from 'fast-check';
import { expect } from 'vitest';

const LATER = 3_600_000;
/** A lease of no time has run out as soon as it is given, and stays good until the work is taken over. */
const TTLS = [0, LATER] as const;
const IDS = ['a', 'b', 'c'] as const;

const id = fc.constantFrom(...IDS);
const ttl = fc.constantFrom(...TTLS);
const due = fc.boolean();
const pick = fc.nat();
const step = fc.oneof(
  fc.record({ kind: fc.constant('enqueue' as const), id, due }),
  fc.record({ kind: fc.constant('hold' as const), id, ttl }),
  fc.record({ kind: fc.constant('lease' as const), limit: fc.integer({ min: 1, max: 3 }), ttl }),
  fc.record({ kind: fc.constant('release' as const), pick, due: fc.option(due) }),
  fc.record({ kind: fc.constant('guard' as const), pick }),
  fc.record({ kind: fc.constant('extend' as const), pick, ttl }),
  fc.record({ kind: fc.constant('dequeue' as const), id }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** `at` of a lease is RAN_OUT or LEASED: the store's own clock makes it. */
type Item = { at: number; again?: number; token?: number };
const RAN_OUT = Number.MAX_SAFE_INTEGER - 2;
const LEASED = Number.MAX_SAFE_INTEGER;

/**
 * What a queue must hold, in plain words, beside the store that holds it. Work is due by a time in the past, no
 * two alike, or not for an hour, so that the order of leasing is known without the store's clock.
 */
class QueueModel {
  readonly items = new Map<string, Item>();
  readonly leases: Lease[] = [];
  readonly store: Store;
  #moment = 0;
  readonly #start = Date.now();

  constructor(store: Store) {
    this.store = store;
  }

  async run(taken: Step): Promise<void> {
    switch (taken.kind) {
      case 'enqueue':
        return this.#enqueue(taken.id, this.#time(taken.due));
      case 'hold':
        return this.#hold(taken.id, taken.ttl);
      case 'lease':
        return this.#lease(taken.limit, taken.ttl);
      case 'dequeue':
        await this.store.commit(taken.id, [{ op: 'dequeue', queue: 'q', id: taken.id }]);
        this.items.delete(taken.id);
        return;
    }
    const lease = this.leases[taken.pick % this.leases.length];
    if (lease === undefined) return;
    if (taken.kind === 'release') return this.#release(lease, taken.due);
    if (taken.kind === 'extend') return this.#extend(lease, taken.ttl);
    const { store } = this;
    await this.#ifHeld(lease, () => store.commit(lease.id, [{ op: 'guard', lease }]));
  }

  async check(): Promise<void> {
    const items = [...this.items.values()];
    const leased = items.filter(({ at }) => at === LEASED).length;
    expect(await this.store.depth('q')).toEqual({ queued: items.length, leased });
  }

  #time(isDue: boolean): number {
    this.#moment += 1;
    return this.#start + this.#moment + (isDue ? -LATER : LATER);
  }

  #isDue({ at }: Item): boolean {
    return at === RAN_OUT || at <= this.#start;
  }

  #give(lease: Lease, item: Item, time: number): void {
    expect(this.leases.map(({ token }) => token)).not.toContain(lease.token);
    this.leases.push(lease);
    item.token = lease.token;
    item.at = time === 0 ? RAN_OUT : LEASED;
    delete item.again;
  }

  async #enqueue(name: string, at: number): Promise<void> {
    await this.store.commit(name, [{ op: 'enqueue', queue: 'q', id: name, at }]);
    this.#queueAt(name, at);
  }

  #queueAt(name: string, at: number): void {
    const item = this.items.get(name);
    if (item === undefined) this.items.set(name, { at });
    else if (item.token !== undefined) item.again = Math.min(item.again ?? at, at);
    else item.at = Math.min(item.at, at);
  }

  async #hold(name: string, time: number): Promise<void> {
    const at = this.#time(true);
    const {
      leases: [lease],
    } = await this.store.commit(name, [
      { op: 'enqueue', queue: 'q', id: name, at, hold: { holder: 'h', ttl: time } },
    ]);
    expect(lease === undefined).toBe(this.items.has(name));
    this.#queueAt(name, at);
    if (lease !== undefined) this.#give(lease, this.items.get(name) as Item, time);
  }

  async #lease(limit: number, time: number): Promise<void> {
    const expected = [...this.items.values()]
      .filter((item) => this.#isDue(item))
      .map(({ at }) => at)
      .toSorted((a, b) => a - b)
      .slice(0, limit);
    const leases = await this.store.lease('q', { holder: 'h', ttl: time, limit });
    const items = leases.map((lease) => this.items.get(lease.id) as Item);
    expect(items.map(({ at }) => at)).toEqual(expected);
    for (const [at, lease] of leases.entries()) this.#give(lease, items[at] as Item, time);
  }

  async #release(lease: Lease, isDue: boolean | null): Promise<void> {
    const at = isDue === null ? undefined : this.#time(isDue);
    const again = this.items.get(lease.id)?.again;
    const held = await this.#ifHeld(lease, () =>
      this.store.commit(lease.id, [{ op: 'release', lease, ...(at === undefined ? {} : { at }) }]),
    );
    if (!held) return;
    this.items.delete(lease.id);
    const then = Math.min(at ?? LEASED, again ?? LEASED);
    if (then !== LEASED) this.items.set(lease.id, { at: then });
  }

  async #extend(lease: Lease, time: number): Promise<void> {
    const item = this.items.get(lease.id);
    const held = item?.token === lease.token;
    expect(await this.store.extend([lease], time)).toEqual(held ? [] : [lease]);
    if (held && item) item.at = time === 0 ? RAN_OUT : LEASED;
  }

  async #ifHeld(lease: Lease, commit: () => Promise<unknown>): Promise<boolean> {
    const held = this.items.get(lease.id)?.token === lease.token;
    const thrown = await commit().then(
      () => undefined,
      (error: unknown) => ParleyError.from(error),
    );
    expect(thrown?.reason).toBe(held ? undefined : 'LEASE_LOST');
    return held;
  }
}

/** Whether a store's queue does what its model does, step by step, for many lists of steps. */
export async function checkQueueModel(
  open: () => Promise<{ store: Store; close(): Promise<void> }>,
  numRuns: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { store, close } = await open();
      try {
        const model = new QueueModel(store);
        for (const taken of steps) await model.run(taken);
        await model.check();
      } finally {
        await close();
      }
    }),
    { numRuns },
  );
}
