import { setTimeout as delay } from 'node:timers/promises';
import { ParleyError } from '@parley/platform';
import type { FinetuneContext } from '../context.ts';
import type { StepSignals } from './cycle-run.ts';
import { type Change, KEPT } from './stored.ts';

/**
 * Follows the changes of a cycle that others make, and turns them into the signals of the step under way.
 */
export class ControlWatch {
  readonly #context: FinetuneContext;
  readonly #cycle: string;
  readonly #lease: AbortSignal;
  readonly #end = new AbortController();
  readonly #done: Promise<void>;
  #soft = new AbortController();
  #hard = new AbortController();
  #known: number;

  /** @param lease aborts when this replica no longer has the cycle. */
  constructor(context: FinetuneContext, cycle: string, version: number, lease: AbortSignal) {
    this.#context = context;
    this.#cycle = cycle;
    this.#lease = lease;
    this.#known = version;
    this.#done = this.#follow();
  }

  /** Signals for a step that begins when the record has `version`; older changes are known to it. */
  begin(version: number): StepSignals {
    this.#known = Math.max(this.#known, version);
    this.#soft = new AbortController();
    this.#hard = new AbortController();
    const hard = AbortSignal.any([this.#lease, this.#hard.signal]);
    return { hard, soft: AbortSignal.any([hard, this.#soft.signal]) };
  }

  /** Whether the step under way was told to end. */
  get told(): boolean {
    return this.#soft.signal.aborted || this.#hard.signal.aborted;
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#done;
  }

  async #follow(): Promise<void> {
    const { store, timing, log } = this.#context;
    const signal = AbortSignal.any([this.#lease, this.#end.signal]);
    let after = this.#known;
    while (!signal.aborted) {
      try {
        const options = { after, limit: 100, wait: timing.notice, signal };
        for (const { sequence, value } of await store.read<Change>(
          this.#cycle,
          KEPT.changes,
          options,
        )) {
          after = sequence;
          if (sequence > this.#known) this.#tell(value);
        }
      } catch (error) {
        log.warn({ err: error, cycle: this.#cycle }, 'the changes of a cycle cannot be read');
        await delay(timing.notice, undefined, { signal }).catch(() => {});
      }
    }
  }

  #tell({ status }: Change): void {
    if (status === 'running') return;
    const told = new ParleyError('CANCELLED', `the cycle is ${status}`);
    this.#soft.abort(told);
    if (status !== 'paused') this.#hard.abort(told);
  }
}
