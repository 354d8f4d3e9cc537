import {
  emit,
  type Lease,
  type Operation,
  ParleyError,
  type Store,
  TOPICS,
} from '@parley/platform';
import { CycleChangedSchema } from '@parley/proto/finetune';
import { type CycleEvent, reduce } from '../domain/cycle.ts';
import type { Evaluation } from '../domain/evaluation.ts';
import type { IterationRecord } from '../domain/report.ts';
import {
  type CycleRecord,
  type CycleState,
  isTerminal,
  phaseOf,
  type Status,
} from '../domain/state.ts';
import type { Phase } from '../domain/steps.ts';

/** The queue in which cycles wait to be gone on with; a piece of work has its cycle's name. */
export const QUEUE = 'cycles';

/** The names under which a cycle, which is its own owner, keeps its parts. */
export const KEPT = {
  record: 'cycle',
  changes: 'changes',
  iteration: (iteration: number) => `iteration/${iteration}`,
  evaluation: (iteration: number) => `evaluation/${iteration}`,
} as const;

/** Lists: all cycles and evaluations by the time of their creation, cycles by status. */
export const INDEX = {
  cycles: 'cycles',
  status: (status: Status) => `cycles.${status}`,
  evaluations: 'evaluations',
  evaluationsOf: (cycle: string) => `evaluations.${cycle}`,
} as const;

/** How long the changes of an ended cycle can be read. */
const CHANGES_KEPT_MS = 7 * 24 * 3_600_000;
const COUNTED = 1000;

/**
 * One entry of a cycle's stream of changes. Every version of the record has one, so the entry's sequence is
 * the record's version.
 */
export type Change = {
  status: Status;
  reason: string;
  iteration: number;
  phase: Phase;
  done: number;
  total: number;
};

/** A record and its version. */
export type Stored = { record: CycleRecord; version: number };

/** An evaluation as it is kept. */
export type StoredEvaluation = Evaluation & { evaluatedAt: string };

/** A cycle, or undefined. */
export async function findCycle(store: Store, name: string): Promise<Stored | undefined> {
  const found = await store.get<CycleRecord>(name, KEPT.record);
  return found && { record: found.value, version: found.version };
}

/** @throws ParleyError NOT_FOUND */
export async function getCycle(store: Store, name: string): Promise<Stored> {
  const found = await findCycle(store, name);
  if (!found) throw new ParleyError('NOT_FOUND', `there is no cycle '${name}'`, { field: 'name' });
  return found;
}

/** @throws ParleyError NOT_FOUND */
export async function getEvaluation(
  store: Store,
  cycle: string,
  iteration: number,
): Promise<StoredEvaluation> {
  const found = await store.get<StoredEvaluation>(cycle, KEPT.evaluation(iteration));
  // Evaluations of older versions have no disagreement.
  if (found) {
    const { diversity } = found.value;
    return {
      ...found.value,
      diversity: { ...diversity, disagreement: diversity.disagreement ?? null },
    };
  }
  throw new ParleyError(
    'NOT_FOUND',
    `there is no evaluation of iteration ${iteration} of cycle '${cycle}'`,
  );
}

/** The ended iterations of a cycle in order, each with its evaluation. */
export async function endedIterations(
  store: Store,
  { spec, state }: CycleRecord,
): Promise<{ record: IterationRecord; evaluation: StoredEvaluation }[]> {
  return Promise.all(
    state.concluded.map(async ({ iteration }) => {
      const [record, evaluation] = await Promise.all([
        store.get<IterationRecord>(spec.name, KEPT.iteration(iteration)),
        getEvaluation(store, spec.name, iteration),
      ]);
      if (record) return { record: record.value, evaluation };
      throw new ParleyError(
        'DATA_CORRUPT',
        `the record of iteration ${iteration} of cycle '${spec.name}' is missing`,
      );
    }),
  );
}

/** How many cycles have a status, counted up to 1000. */
export async function countOf(store: Store, status: Status): Promise<number> {
  const { members } = await store.range(INDEX.status(status), { limit: COUNTED });
  return members.length;
}

/** What stores a new version of a record: itself, its change, its place in the lists and its event. */
export function recordOperations(
  before: Stored | undefined,
  record: CycleRecord,
  at: number,
): Operation[] {
  const { spec, state } = record;
  const { name } = spec;
  const was = before?.record.state;
  const operations: Operation[] = [
    { op: 'put', name: KEPT.record, value: record, expect: before?.version ?? 'absent' },
    { op: 'append', stream: KEPT.changes, value: changeOf(state) },
  ];
  if (was?.status !== state.status) {
    const rank = Date.parse(record.createdAt);
    if (was) operations.push({ op: 'unindex', index: INDEX.status(was.status), member: name });
    operations.push({ op: 'index', index: INDEX.status(state.status), member: name, rank });
    if (isTerminal(state))
      operations.push({ op: 'expire', stream: KEPT.changes, at: at + CHANGES_KEPT_MS });
  }
  if (!was || hasMoved(was, state)) {
    const { status, iteration } = state;
    const change = { cycle: name, status, iteration, phase: phaseOf(state) };
    operations.push(
      emit(CycleChangedSchema, change, {
        topic: TOPICS.cyclesChanged,
        key: name,
        source: 'finetune',
        id: `${name}.${(before?.version ?? 0) + 1}`,
      }),
    );
  }
  return operations;
}

/** Whether more than the progress has changed. */
export function hasMoved(before: CycleState, after: CycleState): boolean {
  return (
    before.status !== after.status ||
    before.iteration !== after.iteration ||
    phaseOf(before) !== phaseOf(after)
  );
}

export function changeOf(state: CycleState): Change {
  const { status, reason, iteration, progress } = state;
  return { status, reason, iteration, phase: phaseOf(state), ...progress };
}

/** Commits that are tried again when others change the record at the same time. */
const CONFLICTS = 20;

/**
 * Applies an event to a cycle and stores the outcome together with `more`; nothing at all is stored when
 * the event changes nothing. With a lease, only while it is held.
 * @param stored where to begin; what stands there by now counts.
 * @returns the cycle as it stands then.
 * @throws ParleyError LEASE_LOST; CONFLICT when others change the record all the time.
 */
export async function applyEvent(
  store: Store,
  stored: Stored,
  event: CycleEvent,
  options: { lease?: Lease; more?: Operation[] } = {},
): Promise<Stored> {
  let current = stored;
  for (let attempt = 1; ; attempt++) {
    const { record, version } = current;
    const { state } = reduce(record.spec, record.state, event);
    if (state === record.state) return current;
    const next = { record: { ...record, state }, version: version + 1 };
    const guard: Operation[] = options.lease ? [{ op: 'guard', lease: options.lease }] : [];
    try {
      await store.commit(record.spec.name, [
        ...guard,
        ...recordOperations(current, next.record, event.at),
        ...(options.more ?? []),
      ]);
      return next;
    } catch (thrown) {
      const error = ParleyError.from(thrown);
      if (error.reason !== 'CONFLICT' || attempt === CONFLICTS) throw error;
      current = await getCycle(store, record.spec.name);
    }
  }
}
