import { expect, it } from 'vitest';
import { Lane, type Ticket } from './lane.ts';
import type { Slot } from './route.ts';

function ticket(): Ticket<Slot> {
  return {
    model: 'base',
    n: 1,
    affinity: 0,
    priority: 'batch',
    since: 0,
    admit: () => {},
    refuse: () => {},
  };
}

it('keeps its order while tickets come and go in between', () => {
  const lane = new Lane<Slot>('base');
  const kept: Ticket<Slot>[] = [];
  for (let arrival = 0; arrival < 2000; arrival++) {
    const one = ticket();
    lane.push(one, arrival);
    if (arrival % 10 === 0) kept.push(one);
    else expect(lane.remove(one)).toBe(true);
  }
  const seen: Ticket<Slot>[] = [];
  for (let { head } = lane; head !== undefined; head = lane.head) {
    expect(lane.arrival).toBe(seen.length * 10);
    seen.push(head);
    lane.remove(head);
    expect(lane.remove(head)).toBe(false);
  }
  expect(seen).toEqual(kept);
});
