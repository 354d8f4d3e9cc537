import type { ParleyError } from '@parley/platform';
import type { RouteReason, Slot } from './route.ts';

export const PRIORITIES = ['interactive', 'batch'] as const;

export type Priority = (typeof PRIORITIES)[number];

/** A call that waits for an engine. */
export type Ticket<S extends Slot> = {
  readonly model: string;
  /** Its sequences; at most the cap of an engine. */
  readonly n: number;
  /** Its `affinityKey`. */
  readonly affinity: number;
  readonly priority: Priority;
  /** When it began to wait, in milliseconds of the caller's clock. */
  readonly since: number;
  /** The engine that it failed on, taken again only where it is the only one. */
  readonly avoid?: S | undefined;
  /** Called once, when the slot's `inFlight` counts it, with why it was chosen. */
  readonly admit: (slot: S, reason: RouteReason) => void;
  /** Called once instead, when it will not be admitted. */
  readonly refuse: (error: ParleyError) => void;
};

/** Tickets that have left are forgotten when they outnumber those that wait by this many. */
const SPARE = 256;

/** The calls of one priority that wait for one model, oldest first. */
export class Lane<S extends Slot> {
  readonly model: string;
  /** Since when no engine that is up serves the model, as far as is known. */
  unservedSince: number | undefined;
  /** Calls that have overtaken the head. */
  overtaken = 0;
  readonly #waiting = new Map<Ticket<S>, number>();
  #order: Ticket<S>[] = [];
  #first = 0;

  constructor(model: string) {
    this.model = model;
  }

  get head(): Ticket<S> | undefined {
    let ticket = this.#order[this.#first];
    while (ticket !== undefined && !this.#waiting.has(ticket)) {
      this.#first += 1;
      ticket = this.#order[this.#first];
    }
    return ticket;
  }

  /** The oldest calls, so many at most. */
  *first(count: number): Generator<Ticket<S>> {
    let left = count;
    for (let at = this.#first; at < this.#order.length && left > 0; at += 1) {
      const ticket = this.#order[at];
      if (ticket === undefined || !this.#waiting.has(ticket)) continue;
      left -= 1;
      yield ticket;
    }
  }

  /** The arrival number of the head. */
  get arrival(): number {
    const { head } = this;
    return (head && this.#waiting.get(head)) ?? Number.POSITIVE_INFINITY;
  }

  push(ticket: Ticket<S>, arrival: number): void {
    this.#waiting.set(ticket, arrival);
    this.#order.push(ticket);
  }

  /** Whether the ticket was waiting here; it no longer is. */
  remove(ticket: Ticket<S>): boolean {
    if (!this.#waiting.delete(ticket)) return false;
    if (this.#order.length > 2 * this.#waiting.size + SPARE) {
      this.#order = [...this.#waiting.keys()];
      this.#first = 0;
    }
    return true;
  }
}
