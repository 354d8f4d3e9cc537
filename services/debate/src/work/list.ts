import type { Store } from '@parley/platform';
import { BATCH_KEPT, type BatchRecord, type BatchView, batchView } from '../domain/batch.ts';
import { type DebateRecord, KEPT } from '../domain/record.ts';

/** A page of debates, newest first; `cursor` is the `next` of the page before. */
export async function listDebates(
  store: Store,
  limit: number,
  cursor?: string,
): Promise<{ debates: DebateRecord[]; next?: string }> {
  const { found, ...rest } = await newest<DebateRecord>(store, KEPT, limit, cursor);
  return { debates: found.map(({ value }) => value), ...rest };
}

/** A page of batches, as `listDebates`. */
export async function listBatches(
  store: Store,
  limit: number,
  cursor?: string,
): Promise<{ batches: BatchView[]; next?: string }> {
  const { found, ...rest } = await newest<BatchRecord>(store, BATCH_KEPT, limit, cursor);
  return { batches: found.map(({ id, value }) => batchView(id, value)), ...rest };
}

async function newest<T>(
  store: Store,
  kept: { index: string; record: string },
  limit: number,
  cursor: string | undefined,
): Promise<{ found: { id: string; value: T }[]; next?: string }> {
  const page = await store.range(kept.index, {
    limit,
    reverse: true,
    ...(cursor ? { after: cursor } : {}),
  });
  const records = await Promise.all(
    page.members.map(async (id) => ({ id, stored: await store.get<T>(id, kept.record) })),
  );
  const found = records.flatMap(({ id, stored }) => (stored ? [{ id, value: stored.value }] : []));
  return { found, ...(page.next === undefined ? {} : { next: page.next }) };
}
