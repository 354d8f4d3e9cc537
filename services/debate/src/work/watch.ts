import type { DebateContext } from '../context.ts';
import { type DebateRecord, hasEnded, KEPT, type StreamItem } from '../domain/record.ts';
import type { RecordedTurn } from '../domain/turn.ts';
import type { EndedDebate } from './local-runs.ts';
import { getRecord, turnsOfDebate } from './stored.ts';

const PAGE = 100;
const QUIET_MS = 15_000;

/** What a watcher of a debate sees: turns, its end, and that nothing has happened for a while. */
export type Watched =
  | { type: 'turn'; sequence: number; turn: RecordedTurn }
  | { type: 'ended'; sequence: number; record: DebateRecord }
  | { type: 'quiet' };

/**
 * What happens in a debate behind sequence `after`, until it has ended; from its transcript when its
 * stream is gone.
 * @param record the debate's, read before, so that an unknown debate is refused before the answer begins.
 */
export async function* watchDebate(
  context: DebateContext,
  record: DebateRecord,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<Watched> {
  const { store } = context;
  const { id } = record;
  let ended = hasEnded(record);
  while (!signal.aborted) {
    const items = await store.read<StreamItem>(id, KEPT.stream, {
      after,
      limit: PAGE,
      wait: ended ? 0 : QUIET_MS,
      signal,
    });
    for (const { sequence, value } of items) {
      after = sequence;
      if (value.type === 'turn') yield { type: 'turn', sequence, turn: value.turn };
      else return yield { type: 'ended', sequence, record: (await getRecord(store, id)).value };
    }
    if (items.length > 0 || signal.aborted) continue;
    if (ended) return yield* replay(context, id, after);
    yield { type: 'quiet' };
    ended = hasEnded((await getRecord(store, id)).value);
  }
}

async function* replay(context: DebateContext, id: string, after: number): AsyncGenerator<Watched> {
  const { value: record } = await getRecord(context.store, id);
  const turns = await turnsOfDebate(context, record);
  for (const turn of turns)
    if (turn.sequence > after) yield { type: 'turn', sequence: turn.sequence, turn };
  const last = (turns.at(-1)?.sequence ?? 0) + 1;
  if (last > after) yield { type: 'ended', sequence: last, record };
}

/** The debate once it has ended, or undefined when it has not after so many milliseconds. */
export async function waitForEnd(
  context: DebateContext,
  record: DebateRecord,
  milliseconds: number,
  signal: AbortSignal,
): Promise<EndedDebate | undefined> {
  const waited = new AbortController();
  const stop = () => waited.abort();
  const timer = setTimeout(stop, milliseconds);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  try {
    const elapsed = new Promise<undefined>((resolve) => {
      waited.signal.addEventListener('abort', () => resolve(undefined));
    });
    const here = await Promise.race([context.local.outcome(record.id), elapsed]);
    if (here || waited.signal.aborted) return here;
    const turns: RecordedTurn[] = [];
    for await (const seen of watchDebate(context, record, 0, waited.signal)) {
      if (seen.type === 'turn') turns.push(seen.turn);
      else if (seen.type === 'ended') return { record: seen.record, turns };
    }
    return undefined;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
