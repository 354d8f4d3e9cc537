import { KEEP_ALIVE, type ServerSentEvent, type Store } from '@parley/platform';
import { isSettled } from '../domain/state.ts';
import { type Change, changeOf, getCycle, KEPT } from '../work/stored.ts';

const KEEP_ALIVE_MS = 15_000;
const BATCH = 100;

/**
 * The changes of a cycle behind `after` as they happen, until it has ended. A change that is no longer kept
 * is skipped; the last one is always sent.
 */
export async function* cycleEvents(
  store: Store,
  cycle: string,
  after: number,
  signal: AbortSignal,
): AsyncIterable<ServerSentEvent | typeof KEEP_ALIVE> {
  let reached = after;
  while (!signal.aborted) {
    const { record, version } = await getCycle(store, cycle);
    const settled = isSettled(record.state);
    if (settled && reached >= version) return;
    const wait = settled ? 0 : KEEP_ALIVE_MS;
    const entries = await store.read<Change>(cycle, KEPT.changes, {
      after: reached,
      limit: BATCH,
      wait,
      signal,
    });
    for (const { sequence, value } of entries) yield event(sequence, value);
    reached = entries.at(-1)?.sequence ?? reached;
    if (entries.length > 0) continue;
    if (settled) return yield event(version, changeOf(record.state));
    yield KEEP_ALIVE;
  }
}

function event(sequence: number, change: Change): ServerSentEvent {
  return { id: String(sequence), event: 'change', data: change };
}
