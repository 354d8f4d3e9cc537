import { type Lease, ParleyError } from '@parley/platform';
import type { FinetuneContext } from '../context.ts';
import { commandOf } from '../domain/cycle.ts';
import { collectionId } from '../domain/spec.ts';
import { awaitedPurpose } from '../domain/state.ts';
import type { Step } from '../domain/steps.ts';
import { awaitCollection } from './await-collection.ts';
import { conclude } from './conclude.ts';
import { ControlWatch } from './control-watch.ts';
import { CycleRun, type StepSignals } from './cycle-run.ts';
import { evaluate } from './evaluate.ts';
import { gate } from './gate.ts';
import { removeJobs, stopJobs } from './jobs.ts';
import { register } from './register.ts';
import { requestDebates } from './request-debates.ts';
import { seal } from './seal.ts';
import { claimSociety } from './society-claim.ts';
import { findCycle } from './stored.ts';
import { train } from './train.ts';

/** Internal errors in a row, of whichever service, before the cycle fails. */
const INTERNAL_TRIES = 5;

type Perform = (context: FinetuneContext, run: CycleRun, signals: StepSignals) => Promise<void>;

/** How each step is done. A step may be done again after a crash at any of its points. */
const PERFORM: Record<Step, Perform> = {
  requestTraining: (context, run, signals) => requestDebates(context, run, 'training', signals),
  awaitTraining: (context, run, signals) => awaitCollection(context, run, 'training', signals),
  seal,
  train,
  register,
  requestEvaluation: (context, run, signals) => requestDebates(context, run, 'evaluation', signals),
  awaitEvaluation: (context, run, signals) => awaitCollection(context, run, 'evaluation', signals),
  evaluate,
  gate,
  conclude,
};

/**
 * Goes on with a cycle from its record until nothing is left to do now: it has ended, or rests.
 * @throws what kept it from going on for now: it is tried again later.
 */
export async function runCycle(
  context: FinetuneContext,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  const stored = await findCycle(context.store, lease.id);
  if (!stored) return context.store.commit(lease.id, [{ op: 'release', lease }]).then(() => {});
  const run = new CycleRun(context, lease, stored);
  const watch = new ControlWatch(context, lease.id, stored.version, signal);
  context.metrics.running(lease.id, run.state.iteration);
  try {
    await proceed(context, run, watch, signal);
  } catch (thrown) {
    await stopJobs(context, run.record);
    throw thrown;
  } finally {
    context.metrics.left(lease.id);
    await watch.close();
  }
}

async function proceed(
  context: FinetuneContext,
  run: CycleRun,
  watch: ControlWatch,
  signal: AbortSignal,
): Promise<void> {
  const { spec } = run.record;
  for (let claimed = false; ; ) {
    const command = commandOf(run.state);
    if (command === 'settle') await settle(context, run);
    if (command === 'settle' || command === 'rest') {
      context.failures.delete(spec.name);
      return run.release();
    }
    const signals = watch.begin(run.version);
    try {
      if (!claimed) await claimSociety(context.store, spec.society, spec.name, context.now());
      claimed = true;
      await PERFORM[command](context, run, signals);
      context.failures.delete(spec.name);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      if (watch.told) await run.reload();
      else await fail(context, run, ParleyError.from(thrown));
    }
  }
}

/**
 * Ends the jobs and the debates of a cycle that has ended; what failed jobs left is kept for whoever looks
 * into it.
 */
async function settle(context: FinetuneContext, { record }: CycleRun): Promise<void> {
  const { spec, state } = record;
  await (state.status === 'cancelled' ? removeJobs(context, record) : stopJobs(context, record));
  const awaited = awaitedPurpose(state);
  if (awaited) await context.debate.cancelBatch(collectionId(spec.name, state.iteration, awaited));
}

/** Fails the cycle when repeating cannot help. @throws the error when it may pass. */
async function fail(context: FinetuneContext, run: CycleRun, error: ParleyError): Promise<void> {
  const { name } = run.record.spec;
  const { step, iteration } = run.state;
  if (error.retryable || error.reason === 'CANCELLED' || error.reason === 'LEASE_LOST') throw error;
  if (error.reason === 'INTERNAL') {
    const failures = (context.failures.get(name) ?? 0) + 1;
    context.failures.set(name, failures);
    if (failures < INTERNAL_TRIES) throw error;
  }
  context.log.error({ err: error, cycle: name, iteration, step }, 'cycle failed');
  const detail = `${step} in iteration ${iteration}: ${error.message}`;
  await run.apply({ type: 'failed', reason: error.reason, detail });
}
