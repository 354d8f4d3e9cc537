import { type Artifacts, ParleyError, type Store, type StoredRecord } from '@parley/platform';
import { BATCH_KEPT, type BatchRecord } from '../domain/batch.ts';
import { type DebateRecord, KEPT, type StreamItem, turnsOf } from '../domain/record.ts';
import type { Transcript } from '../domain/transcript.ts';
import type { RecordedTurn } from '../domain/turn.ts';

const PAGE = 200;

/** @throws ParleyError NOT_FOUND naming the debate. */
export async function getRecord(
  store: Store,
  id: string,
): Promise<{ value: DebateRecord; version: number }> {
  const stored = await store.get<DebateRecord>(id, KEPT.record);
  if (!stored)
    throw new ParleyError('NOT_FOUND', `id: there is no debate '${id}'`, { field: 'id' });
  return stored;
}

/** A batch, or undefined. */
export function findBatch(
  store: Store,
  id: string,
): Promise<StoredRecord<BatchRecord> | undefined> {
  return store.get<BatchRecord>(id, BATCH_KEPT.record);
}

/** @throws ParleyError NOT_FOUND naming the batch. */
export async function getBatch(store: Store, id: string): Promise<BatchRecord> {
  const stored = await findBatch(store, id);
  if (stored) return stored.value;
  throw new ParleyError('NOT_FOUND', `id: there is no batch '${id}'`, { field: 'id' });
}

/** All turns of a debate's stream. */
export async function readTurns(store: Store, id: string): Promise<RecordedTurn[]> {
  const turns: RecordedTurn[] = [];
  for (let after = 0; ; ) {
    const page = await store.read<StreamItem>(id, KEPT.stream, { after, limit: PAGE });
    turns.push(...turnsOf(page.map(({ value }) => value)));
    if (page.length < PAGE) return turns;
    after = page.at(-1)?.sequence ?? after;
  }
}

/** The turns of an ended debate, from its transcript; of another, from its stream. */
export async function turnsOfDebate(
  { store, artifacts }: { store: Store; artifacts: Artifacts },
  record: DebateRecord,
): Promise<RecordedTurn[]> {
  if (!record.transcript) return readTurns(store, record.id);
  const content = await artifacts.get(record.transcript);
  return (JSON.parse(Buffer.from(content).toString()) as Transcript).turns;
}
