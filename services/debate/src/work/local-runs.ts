import type { Lease } from '@parley/platform';
import type { DebateRecord } from '../domain/record.ts';
import type { RecordedTurn } from '../domain/turn.ts';

/** A debate that has ended, whole. */
export type EndedDebate = { record: DebateRecord; turns: RecordedTurn[] };

type Run = PromiseWithResolvers<EndedDebate | undefined>;

/**
 * What the parts of one replica tell each other about the debates that it runs, so that nobody reads from
 * the store what is at hand.
 */
export class LocalRuns {
  readonly #handed = new Map<string, DebateRecord>();
  readonly #runs = new Map<string, Run>();

  /** The record of a debate that was just accepted, for the run of this lease. */
  hand(lease: Lease, record: DebateRecord): void {
    this.#handed.set(keyOf(lease), record);
  }

  /** What was handed for a lease, once. */
  handed(lease: Lease): DebateRecord | undefined {
    const key = keyOf(lease);
    const record = this.#handed.get(key);
    this.#handed.delete(key);
    return record;
  }

  /** Runs `work` as the run of that debate, so that others can wait for it. */
  async running(id: string, work: () => Promise<EndedDebate | undefined>): Promise<void> {
    const run: Run = Promise.withResolvers();
    this.#runs.set(id, run);
    let ended: EndedDebate | undefined;
    try {
      ended = await work();
    } finally {
      if (this.#runs.get(id) === run) this.#runs.delete(id);
      run.resolve(ended);
    }
  }

  /** The end of a debate that runs here: undefined when the run stops before the debate has ended, or there is none. */
  outcome(id: string): Promise<EndedDebate | undefined> {
    return this.#runs.get(id)?.promise ?? Promise.resolve(undefined);
  }
}

/** Tokens of different queues may be equal. */
function keyOf({ queue, id, token }: Lease): string {
  return `${queue}/${id}/${token}`;
}
