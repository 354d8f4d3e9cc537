import { setTimeout as delay } from 'node:timers/promises';
import { type Lease, type Operation, ParleyError, type Store } from '@parley/platform';
import { type DebateRecord, KEPT, type StreamItem } from '../domain/record.ts';
import type { RecordedTurn } from '../domain/turn.ts';

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;

/** Turns to be recorded, and the debate's record if it has changed with them. */
export type NewTurns = { lease: Lease; turns: RecordedTurn[]; record: DebateRecord | undefined };

/**
 * Appends turns to their debate's stream in one commit. While the store is away it tries again as long as
 * the lease may be held, since a turn that is lost would be paid for again; turns that a commit of unknown
 * outcome did append are not appended twice.
 * @throws ParleyError LEASE_LOST; what the signal was aborted with.
 */
export async function recordTurns(
  { store }: { store: Store },
  { lease, turns, record }: NewTurns,
  signal: AbortSignal,
): Promise<void> {
  const before = (turns[0]?.sequence ?? 1) - 1;
  let missing: RecordedTurn[] | undefined = turns;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      if (missing) return void (await store.commit(lease.id, operations(lease, missing, record)));
    } catch (thrown) {
      const error = ParleyError.from(thrown);
      if (!error.retryable || signal.aborted) throw error;
    }
    await delay(pause, undefined, { signal }).catch(() => {
      throw ParleyError.from(signal.reason);
    });
    const there = await store
      .read(lease.id, KEPT.stream, { after: before, limit: turns.length })
      .catch(() => undefined);
    missing = there && turns.slice(there.length);
  }
}

function operations(lease: Lease, turns: RecordedTurn[], record?: DebateRecord): Operation[] {
  return [
    { op: 'guard', lease },
    ...turns.map((turn): Operation => {
      const value: StreamItem = { type: 'turn', turn };
      return { op: 'append', stream: KEPT.stream, value };
    }),
    ...(record ? [{ op: 'put', name: KEPT.record, value: record } as const] : []),
  ];
}
