import { setTimeout as delay } from 'node:timers/promises';
import { type Lease, newTraceId, ParleyError } from '@parley/platform';
import { problemsOf } from '../adapters/problems.ts';
import type { DebateContext } from '../context.ts';
import {
  BATCH_KEPT,
  type BatchRecord,
  type BatchRequest,
  type Problem,
  problemSpec,
} from '../domain/batch.ts';
import { batchDebateId } from '../domain/ids.ts';
import { queueOf } from '../domain/record.ts';
import { type DebateSpec, LIMITS, resolveSpec } from '../domain/spec.ts';
import { creation, newRecord } from './accept.ts';
import { CHUNK, chunksOf } from './batch-problems.ts';
import { findBatch } from './stored.ts';

const ROOM_POLL_MS = 250;

/**
 * Creates a batch's debates, from where it stopped: first all problems are read and checked and the
 * society's revision is pinned, then debates are created in chunks, no faster than they are run.
 * @throws what kept it from going on; a batch that can never be created is stored as failed instead.
 */
export async function runBatch(
  context: DebateContext,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  const { store, log } = context;
  const stored = await findBatch(store, lease.id);
  if (!stored?.value.request || !isOpen(stored.value)) {
    await store.commit(lease.id, [{ op: 'release', lease }]);
    return;
  }
  let batch = stored.value;
  const { request } = stored.value;
  const save = async (changed: BatchRecord, op: 'guard' | 'release') => {
    batch = changed;
    await store.commit(lease.id, [
      { op, lease },
      { op: 'put', name: BATCH_KEPT.record, value: changed },
    ]);
  };
  try {
    const spec = batch.spec ?? (await pinned(context, request));
    if (!batch.spec) {
      const problems = await countProblems(context, request, signal);
      await save({ ...batch, spec, problems, status: 'running' }, 'guard');
    }
    for await (const chunk of roomyChunks(context, request, () => batch.done, signal)) {
      // Whoever cancels the batch meanwhile finds at most this one chunk uncounted.
      await store.commit(lease.id, [{ op: 'guard', lease }]);
      await createAll(context, spec, request, chunk);
      await save({ ...batch, done: batch.done + chunk.length }, 'guard');
    }
    await save({ ...batch, status: 'created' }, 'release');
  } catch (thrown) {
    const error = ParleyError.from(thrown);
    await sweepIfCancelled(context, lease.id).catch(() => {});
    if (signal.aborted || error.retryable || error.reason === 'LEASE_LOST') throw error;
    if (error.reason === 'INTERNAL') throw error;
    log.error({ err: error, batch: lease.id }, 'the batch cannot be created');
    const reason = `${error.reason}: ${error.message}`;
    await save({ ...batch, status: 'failed', reason }, 'release');
  }
}

function isOpen({ status }: BatchRecord): boolean {
  return status === 'queued' || status === 'running';
}

/** What was created after the batch was cancelled may have been missed by those who cancelled it. */
async function sweepIfCancelled({ store }: DebateContext, id: string): Promise<void> {
  if ((await findBatch(store, id))?.value.status !== 'cancelled') return;
  await store.commit(id, [{ op: 'enqueue', queue: BATCH_KEPT.sweeps, id }]);
}

async function pinned({ societies }: DebateContext, request: BatchRequest): Promise<DebateSpec> {
  const { society: name, revision } = request.template;
  const society = await societies.get(name, revision);
  const template = { ...request.template, question: '?', seed: 0, priority: 'batch' } as const;
  const spec = resolveSpec({ ...template, batch: request.batch }, society, 0);
  return { ...spec, question: '' };
}

async function countProblems(
  { artifacts }: DebateContext,
  request: BatchRequest,
  signal: AbortSignal,
): Promise<number> {
  const ids = new Set<string>();
  for await (const { id } of problemsOf(artifacts, request.problems)) {
    if (signal.aborted) throw ParleyError.from(signal.reason);
    if (ids.has(id))
      throw new ParleyError('DATA_CORRUPT', `problems: '${id}' is there twice; ids must differ`);
    ids.add(id);
    if (ids.size > LIMITS.batchProblems)
      throw new ParleyError(
        'LIMIT_EXCEEDED',
        `problems: more than the ${LIMITS.batchProblems} that a batch may have`,
      );
  }
  return ids.size;
}

/**
 * The problems behind the first `done()` of them, in chunks for which the queue has room. The artifact is not kept
 * open while there is none.
 */
async function* roomyChunks(
  context: DebateContext,
  request: BatchRequest,
  done: () => number,
  signal: AbortSignal,
): AsyncGenerator<Problem[]> {
  for (let more = true; more; ) {
    await room(context, signal);
    more = false;
    for await (const chunk of chunksOf(context.artifacts, request.problems, done())) {
      yield chunk;
      more = !(await hasRoom(context));
      if (more) break;
    }
  }
}

async function hasRoom({ store, config }: DebateContext): Promise<boolean> {
  const { queued, leased } = await store.depth(queueOf('batch'));
  return queued - leased + CHUNK <= config.batchQueue;
}

/** Waits until fewer debates wait in the batch queue than may. */
async function room(context: DebateContext, signal: AbortSignal): Promise<void> {
  while (!(await hasRoom(context))) {
    await delay(ROOM_POLL_MS, undefined, { signal }).catch(() => {
      throw ParleyError.from(signal.reason);
    });
  }
}

/** Creates what is not there yet; all in one turn, so that an embedded store can write them together. */
async function createAll(
  { store }: DebateContext,
  spec: DebateSpec,
  { batch, seed }: BatchRequest,
  chunk: Problem[],
): Promise<void> {
  const made = { digest: '', trace: newTraceId(), now: Date.now(), held: false };
  await Promise.all(
    chunk.map(async (problem) => {
      const id = batchDebateId(batch, problem.id);
      const record = newRecord(id, problemSpec(spec, seed, problem), made);
      try {
        await store.commit(id, creation(record));
      } catch (thrown) {
        if (ParleyError.from(thrown).reason !== 'CONFLICT') throw thrown;
      }
    }),
  );
}
