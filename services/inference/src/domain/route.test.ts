import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testSlot } from '../testing/slot.ts';
import { affinityWeight, hashText } from './affinity.ts';
import {
  KV_HIGH_WATER,
  LOAD_FACTOR,
  LOAD_SLACK,
  type RouteReason,
  route,
  SLOW_START_MS,
  type Slot,
} from './route.ts';

const NOW = 100_000;
/** A key whose order of preference is a, b, c. */
const KEY = keyWithOrder(['a', 'b', 'c']);

function keyWithOrder(order: readonly string[]): number {
  for (let key = 0; ; key++) {
    const weights = order.map((url) => affinityWeight(key, hashText(url)));
    if (weights.every((weight, index) => index === 0 || weight < (weights[index - 1] ?? 0)))
      return key;
  }
}

function a(more: Partial<Slot> = {}): Slot {
  return testSlot('a', more);
}
function b(more: Partial<Slot> = {}): Slot {
  return testSlot('b', more);
}
function c(more: Partial<Slot> = {}): Slot {
  return testSlot('c', more);
}

const full = { inFlight: 16 };
const pressed = { kvCacheUsage: KV_HIGH_WATER };
const fresh = { since: NOW - 1 };
const uncached = { cachesPrefixes: false };

describe('route', () => {
  it.each<[string, Slot[], string | undefined, RouteReason | undefined]>([
    ['nobody when there is none', [], undefined, undefined],
    ['nobody when all are full', [a(full), b(full)], undefined, undefined],
    ['the only one', [b()], 'b', 'only'],
    ['the only one with room', [a(full), b()], 'b', 'spread'],
    ['the home of its prefix', [c(), b(), a()], 'a', 'prefix'],
    [
      'the home also when it is somewhat more loaded',
      [a({ inFlight: 4 }), b(), c()],
      'a',
      'prefix',
    ],
    ['the next when its home is much more loaded', [a({ inFlight: 9 }), b(), c()], 'b', 'spread'],
    [
      'the next when its home is loaded from elsewhere',
      [a({ elsewhere: 9 }), b(), c()],
      'b',
      'spread',
    ],
    [
      'the home again when all are loaded',
      [a({ inFlight: 9 }), b({ inFlight: 8 }), c({ inFlight: 8 })],
      'a',
      'prefix',
    ],
    ['the next when its home is full', [a(full), c(), b()], 'b', 'spread'],
    ['the next when the KV cache of its home is full', [a(pressed), b(), c()], 'b', 'spread'],
    [
      'one whose KV cache is full, when all are',
      [a(pressed), b(pressed), c(pressed)],
      'a',
      'prefix',
    ],
    [
      'one whose KV cache is full, when the others have no room',
      [a(pressed), b(full)],
      'a',
      'prefix',
    ],
    [
      'the least loaded where none keeps prefixes',
      [
        a({ ...uncached, inFlight: 2 }),
        b({ ...uncached, inFlight: 1 }),
        c({ ...uncached, inFlight: 3 }),
      ],
      'b',
      'load',
    ],
    ['one that keeps prefixes before one that does not', [a(uncached), b(), c()], 'b', 'spread'],
    ['a fresh home while it has little', [a(fresh), b(), c()], 'a', 'prefix'],
    [
      'past a fresh home that has its small share',
      [a({ ...fresh, inFlight: 6 }), b({ inFlight: 8 }), c({ inFlight: 8 })],
      'b',
      'spread',
    ],
  ])('takes %s', (_, slots, url, reason) => {
    const choice = route(slots, { n: 1, affinity: KEY }, NOW);
    expect([choice?.slot.url, choice?.reason]).toEqual([url, reason]);
  });

  it('avoids an engine unless it is the only one', () => {
    const [home, other] = [a(), b({ inFlight: 3 })];
    expect(route([home, other], { n: 1, affinity: KEY, avoid: home }, NOW)?.slot).toBe(other);
    expect(route([home], { n: 1, affinity: KEY, avoid: home }, NOW)?.slot).toBe(home);
  });

  it('lets the last call go past the target, not past the cap', () => {
    const slot = a({ cap: 8, target: 4, inFlight: 3 });
    expect(route([slot], { n: 5, affinity: KEY }, NOW)?.slot).toBe(slot);
    expect(route([slot], { n: 6, affinity: KEY }, NOW)).toBeUndefined();
    expect(
      route([a({ cap: 8, target: 4, inFlight: 4 })], { n: 1, affinity: KEY }, NOW),
    ).toBeUndefined();
  });

  it('gives a fresh engine a share that grows', () => {
    const calls = 300;
    const shares = [0, 0.5, 1].map((age) => {
      const slots = [
        testSlot('fresh', { cap: 1000, since: NOW - age * SLOW_START_MS }),
        testSlot('old-1', { cap: 1000 }),
        testSlot('old-2', { cap: 1000 }),
      ];
      for (let key = 0; key < calls; key++) {
        const slot = route(slots, { n: 1, affinity: hashText(`question ${key}`) }, NOW)?.slot;
        if (slot) slot.inFlight += 1;
      }
      return (slots[0]?.inFlight ?? 0) / calls;
    });
    expect(shares[0]).toBeLessThan(0.1);
    expect(shares[1]).toBeGreaterThan(0.15);
    expect(shares[1]).toBeLessThan(0.3);
    expect(shares[2]).toBeGreaterThan(0.27);
  });
});

const anySlots = fc
  .uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 12 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc
          .record({
            cap: fc.integer({ min: 1, max: 32 }),
            share: fc.double({ min: 0.1, max: 1, noNaN: true }),
            inFlight: fc.nat(32),
            elsewhere: fc.nat(16),
            kvCacheUsage: fc.double({ min: 0, max: 1, noNaN: true }),
            cachesPrefixes: fc.boolean(),
            since: fc.integer({ min: NOW - 2 * SLOW_START_MS, max: NOW }),
          })
          .map(({ share, ...more }) =>
            testSlot(`http://10.0.0.${id}:8000`, {
              ...more,
              target: Math.max(1, Math.floor(more.cap * share)),
              inFlight: Math.min(more.cap, more.inFlight),
            }),
          ),
      ),
    ),
  );
const anyCall = fc.record({ n: fc.integer({ min: 1, max: 16 }), affinity: fc.nat(0xffffffff) });

describe('route, whatever the engines', () => {
  it('finds a place if there is one, never past a cap', () => {
    fc.assert(
      fc.property(anySlots, anyCall, (slots, call) => {
        const slot = route(slots, call, NOW)?.slot;
        const open = slots.filter(
          ({ inFlight, target, cap }) => inFlight < target && inFlight + call.n <= cap,
        );
        if (slot === undefined) expect(open).toEqual([]);
        else expect(open).toContain(slot);
      }),
    );
  });

  it('depends on what the engines are, not on their order', () => {
    fc.assert(
      fc.property(anySlots, anyCall, fc.infiniteStream(fc.nat()), (slots, call, numbers) => {
        const shuffled = slots
          .map((slot) => ({ slot, at: numbers.next().value ?? 0 }))
          .sort((one, other) => one.at - other.at)
          .map(({ slot }) => slot);
        expect(route(shuffled, call, NOW)).toEqual(route(slots, call, NOW));
      }),
    );
  });

  it('leaves a key where it is when another engine goes, as long as loads are alike', () => {
    fc.assert(
      fc.property(anySlots, anyCall, fc.nat(11), (slots, { affinity }, which) => {
        const idle = slots.map(({ url }) => testSlot(url));
        const before = route(idle, { n: 1, affinity }, NOW)?.slot;
        const gone = idle[which % idle.length];
        fc.pre(idle.length > 1 && gone !== before);
        const after = route(
          idle.filter((slot) => slot !== gone),
          { n: 1, affinity },
          NOW,
        );
        expect(after?.slot).toBe(before);
      }),
    );
  });

  it('never lets affinity load an engine past the bound', () => {
    fc.assert(
      fc.property(fc.array(anyCall, { maxLength: 200 }), (calls) => {
        const slots = Array.from({ length: 4 }, (_, index) =>
          testSlot(`http://10.0.0.${index}:8000`, { cap: 10_000 }),
        );
        for (const call of calls) {
          const choice = route(slots, call, NOW);
          if (choice === undefined) throw new Error('no engine has room');
          choice.slot.inFlight += call.n;
          const mean = slots.reduce((sum, { inFlight }) => sum + inFlight, 0) / slots.length;
          const bound = choice.reason === 'load' ? mean + call.n : LOAD_FACTOR * mean + LOAD_SLACK;
          expect(choice.slot.inFlight).toBeLessThanOrEqual(bound);
        }
      }),
    );
  });
});
