import type { ParleyError } from '@parley/platform';
import { Lane, type Priority, type Ticket } from './lane.ts';
import { hasRoom, homeOf, route, type Slot } from './route.ts';

/** Of five sequences that are admitted while both priorities wait, four are interactive. */
export const SHARES: Record<Priority, number> = { interactive: 4, batch: 1 };

/** So many calls may overtake another of their model and priority, each because its prefix is cached where room is. */
export const OVERTAKES = 32;

type Waiting<S extends Slot> = {
  lanes: Map<string, Lane<S>>;
  queued: number;
  /** Sequences admitted over the share: who has less goes first. */
  served: number;
};

/**
 * Decides which waiting call goes to which engine, and when. No engine gets more than its cap. Calls of a
 * priority go in the order in which they came; a call that must wait for room holds back later calls for the
 * same engines, so that a large one is not overtaken for ever. The priorities share what is admitted by
 * `SHARES`, and either takes all while the other has nothing that could go.
 */
export class Admission<S extends Slot> {
  readonly #candidates: (model: string) => readonly S[];
  readonly #now: () => number;
  readonly #waiting: Record<Priority, Waiting<S>> = {
    interactive: { lanes: new Map(), queued: 0, served: 0 },
    batch: { lanes: new Map(), queued: 0, served: 0 },
  };
  #arrivals = 0;

  /**
   * @param candidates the engines that may be sent calls of a model now.
   * @param now the clock of the slots' `since`.
   */
  constructor(candidates: (model: string) => readonly S[], now: () => number) {
    this.#candidates = candidates;
    this.#now = now;
  }

  /** Sequences that wait. */
  queued(priority?: Priority): number {
    if (priority !== undefined) return this.#waiting[priority].queued;
    return this.#waiting.interactive.queued + this.#waiting.batch.queued;
  }

  /** Admits the call at once where there is room and nothing waits, else lets it wait. */
  offer(ticket: Ticket<S>): void {
    if (this.queued() === 0) {
      const choice = route(this.#candidates(ticket.model), ticket, this.#now());
      if (choice !== undefined) {
        choice.slot.inFlight += ticket.n;
        ticket.admit(choice.slot, choice.reason);
        return;
      }
    }
    const waiting = this.#waiting[ticket.priority];
    if (waiting.queued === 0) this.#catchUp(ticket.priority);
    let lane = waiting.lanes.get(ticket.model);
    if (lane === undefined) {
      lane = new Lane(ticket.model);
      waiting.lanes.set(ticket.model, lane);
    }
    lane.push(ticket, this.#arrivals++);
    waiting.queued += ticket.n;
    this.pump();
  }

  /** Takes a call out that need not be admitted any more. */
  withdraw(ticket: Ticket<S>): void {
    const waiting = this.#waiting[ticket.priority];
    const lane = waiting.lanes.get(ticket.model);
    if (lane?.remove(ticket)) this.#left(waiting, lane, ticket);
  }

  /** Gives back what a call had of an engine. */
  release(slot: S, n: number): void {
    slot.inFlight -= n;
    this.pump();
  }

  /** Admits what can be admitted; to be called when engines or their models have changed. */
  pump(): void {
    if (this.queued() === 0) return;
    const full = new Set<S>();
    for (;;) {
      const [first, second] = this.#order();
      const next = this.#next(first, full) ?? this.#next(second, full);
      if (next === undefined) return;
      if (next.waiting === second && !this.#isServed(first))
        first.served = Math.max(first.served, second.served);
      const { waiting, lane, ticket, choice } = next;
      lane.remove(ticket);
      this.#left(waiting, lane, ticket);
      waiting.served += ticket.n / SHARES[ticket.priority];
      choice.slot.inFlight += ticket.n;
      ticket.admit(choice.slot, choice.reason);
    }
  }

  /**
   * Refuses the calls of models that no engine that is up has served for that long.
   * @param now on the same clock as the tickets' `since`.
   * @param patience milliseconds that a call waits for an engine to come up.
   * @param why the error for a model's calls.
   */
  expire(now: number, patience: number, why: (model: string) => ParleyError): void {
    for (const waiting of Object.values(this.#waiting)) {
      for (const lane of waiting.lanes.values()) {
        if (this.#candidates(lane.model).length > 0) lane.unservedSince = undefined;
        else {
          lane.unservedSince ??= now;
          this.#refuseWhile(
            waiting,
            lane,
            ({ since }) => now - Math.max(since, lane.unservedSince ?? now) >= patience,
            why,
          );
        }
      }
    }
  }

  /** Refuses all calls that wait for a model, or for any. */
  refuse(why: (model: string) => ParleyError, model?: string): void {
    for (const waiting of Object.values(this.#waiting)) {
      for (const lane of waiting.lanes.values())
        if (model === undefined || lane.model === model)
          this.#refuseWhile(waiting, lane, () => true, why);
    }
  }

  #refuseWhile(
    waiting: Waiting<S>,
    lane: Lane<S>,
    condition: (ticket: Ticket<S>) => boolean,
    why: (model: string) => ParleyError,
  ): void {
    for (let ticket = lane.head; ticket !== undefined && condition(ticket); ticket = lane.head) {
      lane.remove(ticket);
      this.#left(waiting, lane, ticket);
      ticket.refuse(why(lane.model));
    }
  }

  #left(waiting: Waiting<S>, lane: Lane<S>, ticket: Ticket<S>): void {
    waiting.queued -= ticket.n;
    if (lane.head === undefined) waiting.lanes.delete(lane.model);
  }

  /** A priority of which nothing waited has saved up nothing. */
  #catchUp(priority: Priority): void {
    const { interactive, batch } = this.#waiting;
    const waiting = this.#waiting[priority];
    const other = waiting === interactive ? batch : interactive;
    if (other.queued > 0) waiting.served = Math.max(waiting.served, other.served);
    else {
      interactive.served = 0;
      batch.served = 0;
    }
  }

  #order(): [Waiting<S>, Waiting<S>] {
    const { interactive, batch } = this.#waiting;
    return batch.served < interactive.served ? [batch, interactive] : [interactive, batch];
  }

  /** Whether any engine that is up serves any of the models that wait. */
  #isServed(waiting: Waiting<S>): boolean {
    for (const { model } of waiting.lanes.values())
      if (this.#candidates(model).length > 0) return true;
    return false;
  }

  /** The next call of a priority that an engine has room for; those without room for it mark theirs as full. */
  #next(waiting: Waiting<S>, full: Set<S>) {
    for (;;) {
      let oldest: { lane: Lane<S>; candidates: readonly S[] } | undefined;
      for (const lane of waiting.lanes.values()) {
        if (oldest !== undefined && lane.arrival > oldest.lane.arrival) continue;
        const candidates = this.#candidates(lane.model);
        if (candidates.some((slot) => !full.has(slot))) oldest = { lane, candidates };
      }
      const head = oldest?.lane.head;
      if (oldest === undefined || head === undefined) return undefined;
      const { lane, candidates } = oldest;
      const near = this.#nearest(lane, candidates, full);
      const ticket = near?.ticket ?? head;
      const choice = near?.choice ?? route(candidates, head, this.#now(), full);
      if (choice !== undefined) {
        lane.overtaken = ticket === head ? 0 : lane.overtaken + 1;
        return { waiting, lane, ticket, choice };
      }
      for (const candidate of candidates) full.add(candidate);
    }
  }

  /** The oldest call of a lane that can go where its prefix is, unless others have overtaken the head enough. */
  #nearest(lane: Lane<S>, candidates: readonly S[], full: Set<S>) {
    if (candidates.length === 1 || lane.overtaken >= OVERTAKES) return undefined;
    for (const ticket of lane.first(OVERTAKES)) {
      const home = homeOf(candidates, ticket.affinity);
      if (home === undefined || full.has(home) || !hasRoom(home, ticket.n)) continue;
      const choice = route(candidates, ticket, this.#now(), full);
      if (choice?.slot === home) return { ticket, choice };
    }
    return undefined;
  }
}
