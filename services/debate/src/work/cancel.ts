import { type Lease, ParleyError } from '@parley/platform';
import type { DebateContext } from '../context.ts';
import { type DebateRecord, hasEnded, KEPT, queueOf } from '../domain/record.ts';
import { LEASE_TTL_MS } from './accept.ts';
import { finish } from './finish.ts';
import { getRecord, readTurns } from './stored.ts';

const TRIES = 10;

/**
 * Cancels a debate. Its lease is taken from whoever holds it in the commit that marks it as cancelled, so
 * that its stream no longer grows; then it is ended with the turns that it has. Should this replica stop
 * in between, the next one ends it so.
 * @returns the record of the ended debate; of one that has ended before, as it is.
 * @throws ParleyError NOT_FOUND
 */
export async function cancelDebate(context: DebateContext, id: string): Promise<DebateRecord> {
  for (let tries = 1; ; tries++) {
    const { value: record, version } = await getRecord(context.store, id);
    if (hasEnded(record)) return record;
    try {
      const lease = await takeOver(context, record, version);
      context.runners.get(record.spec.priority)?.abort(id);
      const turns = await readTurns(context.store, id);
      const outcome = { status: 'cancelled', reason: 'CANCELLED', round: 0 } as const;
      return (await finish(context, { lease, record, turns, outcome, vote: null })).record;
    } catch (thrown) {
      const { reason } = ParleyError.from(thrown);
      if ((reason !== 'CONFLICT' && reason !== 'LEASE_LOST') || tries === TRIES) throw thrown;
    }
  }
}

async function takeOver(
  { store, holder }: DebateContext,
  record: DebateRecord,
  version: number,
): Promise<Lease> {
  const { id } = record;
  const queue = queueOf(record.spec.priority);
  const { leases } = await store.commit(id, [
    { op: 'put', name: KEPT.record, value: { ...record, cancelRequested: true }, expect: version },
    { op: 'dequeue', queue, id },
    { op: 'enqueue', queue, id, hold: { holder, ttl: LEASE_TTL_MS } },
  ]);
  const [lease] = leases;
  if (!lease) throw new ParleyError('CONFLICT', `debate '${id}' was queued again meanwhile`);
  return lease;
}
