import { randomUUID } from 'node:crypto';
import {
  deriveSeed,
  type Lease,
  newTraceId,
  type Operation,
  ParleyError,
  type TraceId,
} from '@parley/platform';
import type { DebateContext } from '../context.ts';
import { checkId, newId, requestDigest } from '../domain/ids.ts';
import { type DebateRecord, KEPT, queueOf } from '../domain/record.ts';
import { type DebateRequest, type DebateSpec, resolveSpec } from '../domain/spec.ts';

/** How long a debate stays with a replica that no longer extends its lease. */
export const LEASE_TTL_MS = 15_000;

/** How often a full runner is asked again for room before a debate goes back to the queue. */
const TAKE_TRIES = 5;

/** An accepted debate; `created` is false when it was there already. */
export type Accepted = { record: DebateRecord; created: boolean };

/**
 * Accepts a debate: pins its revision, stores and queues it in one commit, and runs it here at once if
 * there is room.
 * @param options.id chosen by the caller, or derived from its idempotency key.
 * @param options.trace of the request; a new one by default.
 * @throws ParleyError INVALID_ARGUMENT, LIMIT_EXCEEDED naming the field; NOT_FOUND for an unknown society
 * or revision; ALREADY_EXISTS when the id stands for another request.
 */
export async function acceptDebate(
  context: DebateContext,
  request: DebateRequest,
  { id, trace = newTraceId() }: { id?: string | undefined; trace?: TraceId | undefined } = {},
): Promise<Accepted> {
  const digest = id === undefined ? '' : requestDigest(request);
  if (id !== undefined) {
    checkId('debateId', id);
    const there = await find(context, id, digest);
    if (there) return there;
  }
  const society = await context.societies.get(request.society, request.revision);
  const now = Date.now();
  const chosen = id ?? newId(now, randomUUID());
  const spec = resolveSpec(request, society, deriveSeed(0, chosen));
  const hold = hasRoom(context, spec);
  const record = newRecord(chosen, spec, { digest, trace, now, held: hold });
  let lease: Lease | undefined;
  const askedAt = performance.now();
  try {
    const committed = await context.store.commit(
      chosen,
      creation(record, hold ? { holder: context.holder, ttl: LEASE_TTL_MS } : undefined),
    );
    lease = committed.leases[0];
  } catch (thrown) {
    const error = ParleyError.from(thrown);
    const there = error.reason === 'CONFLICT' ? await find(context, chosen, digest) : undefined;
    if (there) return there;
    throw error;
  }
  if (lease) await runHere(context, lease, record, askedAt);
  return { record, created: true };
}

/** The record of a debate that has not begun. */
export function newRecord(
  id: string,
  spec: DebateSpec,
  { digest, trace, now, held }: { digest: string; trace: TraceId; now: number; held: boolean },
): DebateRecord {
  return {
    id,
    spec,
    trace,
    requestDigest: digest,
    status: held ? 'running' : 'queued',
    reason: '',
    createdAt: now,
    endedAt: 0,
    cancelRequested: false,
    vote: null,
    usage: { promptTokens: 0, completionTokens: 0 },
    transcript: null,
  };
}

/** The commit that creates a debate and queues it, held at once if `hold` says by whom. */
export function creation(
  record: DebateRecord,
  hold?: { holder: string; ttl: number },
): Operation[] {
  const { id, createdAt } = record;
  return [
    { op: 'put', name: KEPT.record, value: record, expect: 'absent' },
    { op: 'enqueue', queue: queueOf(record.spec.priority), id, ...(hold ? { hold } : {}) },
    { op: 'index', index: KEPT.index, member: id, rank: createdAt },
  ];
}

async function find(
  { store }: DebateContext,
  id: string,
  digest: string,
): Promise<Accepted | undefined> {
  const stored = await store.get<DebateRecord>(id, KEPT.record);
  if (!stored) return undefined;
  if (stored.value.requestDigest !== digest)
    throw new ParleyError(
      'ALREADY_EXISTS',
      `debate '${id}' exists and was asked for differently; use another id or Idempotency-Key`,
    );
  return { record: stored.value, created: false };
}

function hasRoom({ runners, config }: DebateContext, { priority }: DebateSpec): boolean {
  const most = priority === 'batch' ? config.batchConcurrency : config.interactiveConcurrency;
  const runner = runners.get(priority);
  return runner !== undefined && runner.running() < most;
}

/** The runner has no room while it looks for work in the queue, which is over in an instant. */
async function runHere(
  context: DebateContext,
  lease: Lease,
  record: DebateRecord,
  askedAt: number,
): Promise<void> {
  const runner = context.runners.get(record.spec.priority);
  context.local.hand(lease, record);
  for (let tries = 0; tries < TAKE_TRIES; tries++) {
    if (runner?.take(lease, askedAt)) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  context.local.handed(lease);
  await context.store.commit(record.id, [{ op: 'release', lease, at: Date.now() }]);
}
