import { type Lease, type Operation, ParleyError } from '@parley/platform';
import type { FinetuneContext } from '../context.ts';
import type { CycleEvent } from '../domain/cycle.ts';
import { type CycleRecord, type CycleState, phaseOf } from '../domain/state.ts';
import { applyEvent, getCycle, hasMoved, type Stored } from './stored.ts';

/** Without its time, which the run adds. */
export type RunEvent = CycleEvent extends infer E
  ? E extends unknown
    ? Omit<E, 'at'>
    : never
  : never;

/** One run of one leased cycle: its record as last known, and the only way in which the run changes it. */
export class CycleRun {
  readonly #context: FinetuneContext;
  readonly #lease: Lease;
  #stored: Stored;
  #last: Promise<unknown> = Promise.resolve();

  constructor(context: FinetuneContext, lease: Lease, stored: Stored) {
    this.#context = context;
    this.#lease = lease;
    this.#stored = stored;
  }

  get record(): CycleRecord {
    return this.#stored.record;
  }

  get state(): CycleState {
    return this.#stored.record.state;
  }

  get version(): number {
    return this.#stored.version;
  }

  /**
   * Stores what an event makes of the cycle, one event after the other, in one commit with `more`.
   * @throws ParleyError as `applyEvent`.
   */
  apply(event: RunEvent, more: Operation[] = [], at = this.#context.now()): Promise<void> {
    const turn = this.#last.then(async () => {
      const before = this.state;
      const stamped = { ...event, at } as CycleEvent;
      const options = { lease: this.#lease, more };
      this.#stored = await applyEvent(this.#context.store, this.#stored, stamped, options);
      this.#measure(before);
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Reads the record again. */
  async reload(): Promise<void> {
    await this.#last;
    this.#stored = await getCycle(this.#context.store, this.record.spec.name);
  }

  /** Ends the run in good order. */
  async release(): Promise<void> {
    await this.#last;
    await this.#context.store.commit(this.record.spec.name, [
      { op: 'release', lease: this.#lease },
    ]);
  }

  #measure(before: CycleState): void {
    const { metrics } = this.#context;
    const { state } = this;
    if (state === before) return;
    metrics.running(this.record.spec.name, state.iteration);
    if (hasMoved(before, state) && state.phaseSince !== before.phaseSince)
      metrics.phaseEnded(phaseOf(before), (state.phaseSince - before.phaseSince) / 1000);
  }
}

/** What a step obeys. */
export type StepSignals = {
  /** Everything must end: the cycle was cancelled, or this replica no longer has it. */
  hard: AbortSignal;
  /** Nothing new may begin: as `hard`, or the cycle was paused. */
  soft: AbortSignal;
};

/** @throws ParleyError when no trainer is configured here. */
export function launcherOf(context: FinetuneContext) {
  if (context.launcher) return context.launcher;
  throw new ParleyError('UNAVAILABLE', 'this replica has no trainer; another one may');
}
