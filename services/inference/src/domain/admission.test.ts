import { ParleyError } from '@parley/platform';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testSlot } from '../testing/slot.ts';
import { Admission, OVERTAKES } from './admission.ts';
import type { Priority, Ticket } from './lane.ts';
import { homeOf, type Slot } from './route.ts';

type TestSlot = Slot & { models: Set<string> };

function slot(number: number, cap: number, ...models: string[]): TestSlot {
  return { ...testSlot(`http://engine-${number}`, { cap }), models: new Set(models) };
}

/** An admission that keeps a record of what went where. */
function world(...slots: TestSlot[]) {
  const admission = new Admission<TestSlot>(
    (model) => slots.filter(({ models }) => models.has(model)),
    () => 0,
  );
  const admitted: { id: string; slot: TestSlot; n: number; priority: Priority }[] = [];
  const refused: { id: string; error: ParleyError }[] = [];
  function offer(
    id: string,
    { model = 'base', n = 1, priority = 'interactive' as Priority, since = 0, affinity = 0 } = {},
  ): Ticket<TestSlot> {
    const ticket: Ticket<TestSlot> = {
      model,
      n,
      affinity,
      priority,
      since,
      admit: (to) => admitted.push({ id, slot: to, n, priority }),
      refuse: (error) => refused.push({ id, error }),
    };
    admission.offer(ticket);
    return ticket;
  }
  return { admission, admitted, refused, offer, ids: () => admitted.map(({ id }) => id) };
}

const why = (model: string) => new ParleyError('ENGINE_UNAVAILABLE', model);

describe('Admission', () => {
  it('admits at once while there is room, then one for each that ends, in order', () => {
    const only = slot(0, 2, 'base');
    const { admission, offer, ids } = world(only);
    for (const id of ['a', 'b', 'c', 'd']) offer(id);
    expect(ids()).toEqual(['a', 'b']);
    expect(admission.queued()).toBe(2);
    admission.release(only, 1);
    expect(ids()).toEqual(['a', 'b', 'c']);
    admission.release(only, 1);
    expect(ids()).toEqual(['a', 'b', 'c', 'd']);
    expect(admission.queued()).toBe(0);
  });

  it('does not let small calls overtake a large one for ever', () => {
    const only = slot(0, 3, 'base');
    const { admission, offer, ids } = world(only);
    offer('a', { n: 2 });
    offer('large', { n: 3 });
    offer('small');
    expect(ids()).toEqual(['a']);
    admission.release(only, 2);
    expect(ids()).toEqual(['a', 'large']);
    admission.release(only, 3);
    expect(ids()).toEqual(['a', 'large', 'small']);
  });

  it('does not let a call that waits for one engine hold back calls for another', () => {
    const { offer, ids } = world(slot(0, 1, 'base', 'adapter'), slot(1, 1, 'base'));
    offer('a', { model: 'adapter' });
    offer('b', { model: 'adapter' });
    offer('c');
    expect(ids()).toEqual(['a', 'c']);
  });

  it('forgets a call that is withdrawn', () => {
    const only = slot(0, 1, 'base');
    const { admission, offer, ids } = world(only);
    offer('a');
    const ticket = offer('b');
    offer('c');
    admission.withdraw(ticket);
    admission.withdraw(ticket);
    expect(admission.queued()).toBe(1);
    admission.release(only, 1);
    expect(ids()).toEqual(['a', 'c']);
  });

  it('refuses calls whose model no engine has served for a while, and only those', () => {
    const only = slot(0, 1, 'base');
    const { admission, offer, refused } = world(only);
    offer('a');
    offer('b', { since: 0 });
    offer('lost', { model: 'adapter', since: 0 });
    offer('later', { model: 'adapter', since: 900 });
    admission.expire(1000, 1000, why);
    expect(refused).toEqual([]);
    admission.expire(1950, 1000, why);
    admission.expire(2000, 1000, why);
    expect(refused.map(({ id }) => id)).toEqual(['lost', 'later']);
    expect(admission.queued()).toBe(1);
  });

  it('counts the patience from when the engine was lost', () => {
    const only = slot(0, 0, 'base');
    const { admission, offer, refused } = world(only);
    offer('a', { since: 0 });
    admission.expire(5000, 1000, why);
    only.models.clear();
    admission.expire(6000, 1000, why);
    expect(refused).toEqual([]);
    only.models.add('base');
    admission.expire(6500, 1000, why);
    only.models.clear();
    admission.expire(7000, 1000, why);
    admission.expire(7999, 1000, why);
    expect(refused).toEqual([]);
    admission.expire(8000, 1000, why);
    expect(refused).toHaveLength(1);
  });

  it('refuses all calls of a model, or all', () => {
    const { admission, offer, refused } = world(slot(0, 0, 'base', 'adapter'));
    offer('a', { model: 'adapter' });
    offer('b');
    admission.refuse(why, 'adapter');
    expect(refused.map(({ id }) => id)).toEqual(['a']);
    admission.refuse(why);
    expect(refused.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(admission.queued()).toBe(0);
  });

  describe('with work for two full engines', () => {
    /** A key whose home an engine is. */
    function keyOf(engine: TestSlot, slots: readonly TestSlot[]): number {
      let key = 0;
      while (homeOf(slots, key) !== engine) key += 1;
      return key;
    }

    it('gives the room that comes free to the oldest call whose prefix is there', () => {
      const slots = [slot(0, 1, 'base'), slot(1, 1, 'base')] as const;
      const [here, there] = slots.map((one) => ({ affinity: keyOf(one, slots) }));
      const { admission, offer, ids, admitted } = world(...slots);
      for (const id of ['a', 'b']) offer(id);
      for (const [id, key] of Object.entries({ c: there, d: here, e: here, f: there }))
        offer(id, key);
      admission.release(slots[0], 1);
      expect(ids().slice(2)).toEqual(['d']);
      admission.release(slots[1], 1);
      expect(ids().slice(2)).toEqual(['d', 'c']);
      admission.release(slots[1], 1);
      expect(ids().slice(2)).toEqual(['d', 'c', 'f']);
      admission.release(slots[1], 1);
      expect(ids().slice(2)).toEqual(['d', 'c', 'f', 'e']);
      expect(admitted.at(-1)?.slot).toBe(slots[1]);
    });

    it('lets no call be overtaken by more than 32 others', () => {
      const slots = [slot(0, 1, 'base'), slot(1, 1, 'base')] as const;
      const [here, there] = slots.map((one) => ({ affinity: keyOf(one, slots) }));
      const { admission, offer, ids } = world(...slots);
      for (const id of ['a', 'b']) offer(id);
      offer('patient', there);
      for (let index = 0; index < 100; index++) offer(`c${index}`, here);
      for (let done = 0; done < 100 && !ids().includes('patient'); done++)
        admission.release(slots[0], 1);
      expect(ids().indexOf('patient')).toBe(2 + OVERTAKES);
    });
  });

  it('shares four to one while both priorities wait', () => {
    const only = slot(0, 1, 'base');
    const { admission, offer, admitted } = world(only);
    for (let index = 0; index < 100; index++) {
      offer(`b${index}`, { priority: 'batch' });
      offer(`i${index}`);
    }
    for (let done = 0; done < 100; done++) admission.release(only, 1);
    const batch = admitted.slice(1, 101).filter(({ priority }) => priority === 'batch');
    expect(batch).toHaveLength(20);
  });

  it('gives no credit for a time in which nothing could be admitted', () => {
    const only = slot(0, 1, 'base');
    const { admission, offer, admitted } = world(only);
    offer('first');
    offer('stuck', { model: 'adapter', priority: 'batch' });
    for (let index = 0; index < 100; index++) offer(`i${index}`);
    for (let done = 0; done < 50; done++) admission.release(only, 1);
    for (let index = 0; index < 50; index++) offer(`b${index}`, { priority: 'batch' });
    admitted.splice(0);
    for (let done = 0; done < 20; done++) admission.release(only, 1);
    expect(admitted.filter(({ priority }) => priority === 'batch').length).toBeLessThanOrEqual(5);
  });

  const step = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('offer' as const),
        model: fc.constantFrom('base', 'a', 'b'),
        n: fc.integer({ min: 1, max: 3 }),
        affinity: fc.nat(9),
        priority: fc.constantFrom<Priority>('interactive', 'batch'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat(50) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('withdraw' as const), which: fc.nat(50) }),
    },
  );

  it('never exceeds a cap, loses no call, and leaves none waiting that could go', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const slots = [slot(0, 3, 'base', 'a'), slot(1, 4, 'base', 'b')];
        const { admission, admitted, offer } = world(...slots);
        const tickets: { id: string; ticket: Ticket<TestSlot> }[] = [];
        let withdrawn = 0;
        let ended = 0;
        for (const [index, one] of steps.entries()) {
          if (one.kind === 'offer') {
            const id = String(index);
            tickets.push({ id, ticket: offer(id, one) });
          } else if (one.kind === 'end' && admitted.length > ended) {
            const done = admitted[ended++];
            if (done) admission.release(done.slot, done.n);
          } else if (one.kind === 'withdraw') {
            const waiting = tickets.filter(({ id }) => !admitted.some((gone) => gone.id === id));
            const chosen = waiting[one.which % Math.max(1, waiting.length)];
            if (chosen) {
              admission.withdraw(chosen.ticket);
              tickets.splice(tickets.indexOf(chosen), 1);
              withdrawn += 1;
              admission.pump();
            }
          }
          for (const { inFlight, cap } of slots) {
            expect(inFlight).toBeLessThanOrEqual(cap);
            expect(inFlight).toBeGreaterThanOrEqual(0);
          }
        }
        for (let done = admitted[ended++]; done; done = admitted[ended++])
          admission.release(done.slot, done.n);
        expect(admission.queued()).toBe(0);
        const offered = steps.filter(({ kind }) => kind === 'offer').length;
        expect(admitted).toHaveLength(offered - withdrawn);
        expect(slots.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
      }),
    );
  });
});
