import { ParleyError } from '@parley/platform';
import { TRAINER_VARIABLE } from '../config.ts';
import type { FinetuneContext } from '../context.ts';
import { type CycleSetting, type CycleSpec, sameSpec } from '../domain/spec.ts';
import { type CycleRecord, initialState } from '../domain/state.ts';
import { claimSociety } from './society-claim.ts';
import { findCycle, INDEX, QUEUE, recordOperations, type Stored } from './stored.ts';

/**
 * Accepts a cycle and queues it in one step. The same request again gives the cycle that it made.
 * @throws ParleyError NOT_CONFIGURED without a trainer; ALREADY_EXISTS when the name stands for another
 * request; NOT_FOUND for an unknown society or problem set; INVALID_ARGUMENT for a problem set without both
 * splits; FAILED_PRECONDITION when another cycle has the society.
 */
export async function createCycle(
  context: FinetuneContext,
  spec: CycleSpec,
  signal?: AbortSignal,
): Promise<Stored & { created: boolean }> {
  const { store } = context;
  if (!context.launcher && spec.iterations > 0)
    throw new ParleyError(
      'NOT_CONFIGURED',
      `no trainer is configured: set ${TRAINER_VARIABLE} to the trainer's command, or ask for 0 iterations, which only evaluates`,
    );
  const existing = await findExisting(context, spec);
  if (existing) return existing;
  const setting = await settingOf(context, spec, signal);
  const at = context.now();
  await claimSociety(store, spec.society, spec.name, at);
  const createdAt = new Date(at).toISOString();
  const record: CycleRecord = { spec, setting, createdAt, state: initialState(setting, at) };
  try {
    await store.commit(spec.name, [
      ...recordOperations(undefined, record, at),
      { op: 'index', index: INDEX.cycles, member: spec.name, rank: at },
      { op: 'enqueue', queue: QUEUE, id: spec.name },
    ]);
    return { record, version: 1, created: true };
  } catch (thrown) {
    const error = ParleyError.from(thrown);
    const winner = error.reason === 'CONFLICT' ? await findExisting(context, spec) : undefined;
    if (winner) return winner;
    throw error;
  }
}

async function findExisting(
  { store }: FinetuneContext,
  spec: CycleSpec,
): Promise<(Stored & { created: false }) | undefined> {
  const existing = await findCycle(store, spec.name);
  if (!existing) return undefined;
  if (sameSpec(existing.record.spec, spec)) return { ...existing, created: false };
  throw new ParleyError(
    'ALREADY_EXISTS',
    `name: cycle '${spec.name}' was created by another request`,
    { field: 'name' },
  );
}

/** What the names in a spec stand for now. */
async function settingOf(
  { inference, dataset }: FinetuneContext,
  spec: CycleSpec,
  signal: AbortSignal | undefined,
): Promise<CycleSetting> {
  const [society, problems] = await Promise.all([
    named('society', inference.society(spec.society, signal)),
    named('problemSet', dataset.problemSet(spec.problemSet, signal)),
  ]);
  const { train, evaluation } = problems.splits;
  if (!train?.problems || !evaluation?.problems)
    throw new ParleyError(
      'INVALID_ARGUMENT',
      `problemSet: '${spec.problemSet}' must have problems in both splits, train and evaluation; it has ${train?.problems ?? 0} and ${evaluation?.problems ?? 0}`,
      { field: 'problemSet' },
    );
  const { base, agents, currentRevision } = society;
  return { base, agents, revision: currentRevision, task: problems.task, train, evaluation };
}

/** Lets a NOT_FOUND of another service name the field that was wrong here. */
async function named<T>(field: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (thrown) {
    const error = ParleyError.from(thrown);
    if (error.reason !== 'NOT_FOUND') throw error;
    throw new ParleyError('NOT_FOUND', `${field}: ${error.message}`, { field, cause: error });
  }
}
