import { type Hold, type Lease, ParleyError } from '@parley/platform';
import { Calls } from '../adapters/calls.ts';
import { isUnanimous } from '../adapters/tally.ts';
import { type NoVote, voteOver } from '../adapters/vote.ts';
import type { DebateContext } from '../context.ts';
import { cutShort, next, type Outcome, type Step } from '../domain/debate.ts';
import { type DebateRecord, deadlineOf, hasEnded, KEPT, type Vote } from '../domain/record.ts';
import { append, type DebateState, fold, withUnanimity } from '../domain/state.ts';
import type { RecordedTurn, Turn } from '../domain/turn.ts';
import { finish } from './finish.ts';
import type { EndedDebate } from './local-runs.ts';
import { recordTurns } from './record-turns.ts';
import { readTurns } from './stored.ts';

/**
 * Runs a debate from where its stream stands to its end.
 * @returns the ended debate; undefined when there was nothing to run.
 * @throws what kept it from going on: LEASE_LOST, CANCELLED by the signal, UNAVAILABLE.
 */
export async function runDebate(
  context: DebateContext,
  lease: Lease,
  signal: AbortSignal,
  hold: Hold,
): Promise<EndedDebate | undefined> {
  const handed = context.local.handed(lease);
  const record = handed ?? (await context.store.get<DebateRecord>(lease.id, KEPT.record))?.value;
  if (record && record.id !== lease.id)
    throw new ParleyError('INTERNAL', `the record of ${record.id} was handed over for ${lease.id}`);
  if (!record || hasEnded(record)) {
    await context.store.commit(lease.id, [{ op: 'release', lease }]);
    return undefined;
  }
  const turns = handed ? [] : await readTurns(context.store, lease.id);
  if (record.cancelRequested) {
    const outcome: Outcome = { status: 'cancelled', reason: 'CANCELLED', round: 0 };
    return finish(context, { lease, record, turns, outcome, vote: null });
  }
  return new DebateRun(context, { lease, record, turns, signal, hold }).run();
}

/** A debate as it stands, held by a lease. */
type Held = {
  lease: Lease;
  record: DebateRecord;
  turns: RecordedTurn[];
  signal: AbortSignal;
  hold: Hold;
};

/** One run of one debate: decides by the fold, acts, records, and begins again. */
class DebateRun {
  readonly #context: DebateContext;
  readonly #lease: Lease;
  readonly #signal: AbortSignal;
  readonly #hold: Hold;
  readonly #calls: Calls;
  #record: DebateRecord;
  #state: DebateState;
  /** The debate's time is up. */
  #late = false;
  #recorded: Promise<void> = Promise.resolve();
  /** The vote over a round that was asked for to learn whether it is unanimous. */
  #tally: { round: number; vote: Vote } | undefined;

  constructor(context: DebateContext, { lease, record, turns, signal, hold }: Held) {
    this.#context = context;
    this.#lease = lease;
    this.#signal = signal;
    this.#hold = hold;
    this.#record = record;
    this.#state = fold(record.spec, turns);
    this.#calls = new Calls({
      inference: context.inference,
      spec: record.spec,
      trace: record.trace,
      confirm: hold.confirm,
      outageMs: context.config.outageSeconds * 1000,
    });
  }

  async run(): Promise<EndedDebate> {
    const wake = () => this.#calls.wake();
    const left = deadlineOf(this.#record) - Date.now();
    const late = () => {
      this.#late = true;
      wake();
    };
    const timer = Number.isFinite(left) && left > 0 ? setTimeout(late, left) : undefined;
    if (left <= 0) this.#late = true;
    this.#signal.addEventListener('abort', wake);
    const drain = () => this.#calls.drain();
    if (this.#draining) drain();
    this.#hold.draining.addEventListener('abort', drain);
    try {
      const outcome = await this.#toTheEnd();
      this.#calls.close();
      const [vote] = await Promise.all([this.#voteOn(outcome), this.#recorded]);
      return await finish(this.#context, {
        lease: this.#lease,
        record: this.#record,
        turns: this.#state.turns,
        ...withVote(outcome, vote),
      });
    } finally {
      clearTimeout(timer);
      this.#signal.removeEventListener('abort', wake);
      this.#hold.draining.removeEventListener('abort', drain);
      this.#calls.close();
      await this.#recorded.catch(() => {});
    }
  }

  async #toTheEnd(): Promise<Outcome> {
    for (;;) {
      if (this.#signal.aborted) throw ParleyError.from(this.#signal.reason);
      if (this.#draining && this.#calls.inFlight.size === 0) {
        await this.#recorded;
        throw new ParleyError('CANCELLED', 'the replica is stopping; another goes on');
      }
      const step = this.#next();
      if (step.need === 'end') return step.outcome;
      if (step.need === 'unanimity') {
        const missing = await this.#learnUnanimity(step.round);
        if (missing) return without(missing);
        continue;
      }
      await this.#recorded;
      if (step.calls.length > 0 && !this.#draining) {
        await this.#hold.confirm();
        this.#calls.launch(step.calls);
      }
      await this.#calls.settled();
      this.#take(this.#calls.take());
    }
  }

  /** What is under way may end; no call is made any more. */
  get #draining(): boolean {
    return this.#hold.draining.aborted;
  }

  #next(): Step {
    const step = next(this.#state, this.#calls.inFlight);
    if (step.need === 'end' || !this.#late) return step;
    return { need: 'end', outcome: cutShort(this.#state, 'DEADLINE') };
  }

  /** Takes ended calls in; `#recorded` tells when they are in the store. */
  #take(ended: Turn[]): void {
    if (ended.length === 0) return;
    const { state, recorded: turns } = append(this.#state, ended);
    this.#state = state;
    this.#context.metrics.turns(turns);
    const started = this.#record.status === 'queued';
    if (started) this.#record = { ...this.#record, status: 'running' };
    const record = started ? this.#record : undefined;
    this.#recorded = recordTurns(
      this.#context,
      { lease: this.#lease, turns, record },
      this.#signal,
    );
    // The failure is seen by whoever awaits it next; until then it is not unhandled.
    this.#recorded.catch(() => {});
  }

  /** The vote over a round; waits for a voting that is away until the debate must end without one. */
  #vote(round: number): Promise<Vote | NoVote> {
    return voteOver(this.#context.voting, this.#state, round, {
      signal: this.#signal,
      trace: this.#record.trace,
      deadline: deadlineOf(this.#record),
      outageMs: this.#context.config.outageSeconds * 1000,
    });
  }

  /** @returns why there is no vote to learn it from. */
  async #learnUnanimity(round: number): Promise<NoVote | undefined> {
    const [vote] = await Promise.all([this.#vote(round), this.#recorded]);
    if ('missing' in vote) return vote;
    this.#tally = { round, vote };
    this.#state = withUnanimity(this.#state, round, isUnanimous(vote));
    return undefined;
  }

  async #voteOn({ round }: Outcome): Promise<Vote | NoVote | null> {
    if (round === 0) return null;
    return this.#tally?.round === round ? this.#tally.vote : this.#vote(round);
  }
}

/** The end of a debate that was to be voted on; without a vote it has failed. */
function withVote(
  outcome: Outcome,
  vote: Vote | NoVote | null,
): { outcome: Outcome; vote: Vote | null } {
  return vote && 'missing' in vote ? { outcome: without(vote), vote: null } : { outcome, vote };
}

function without({ missing }: NoVote): Outcome {
  return { status: 'failed', reason: missing, round: 0 };
}
