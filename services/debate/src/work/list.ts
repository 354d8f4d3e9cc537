import type { Store } from '@parley/platform';
import { type DebateRecord, KEPT } from '../domain/record.ts';

/** A page of debates, newest first; `cursor` is the `next` of the page before. */
export async function listDebates(
  store: Store,
  limit: number,
  cursor?: string,
): Promise<{ debates: DebateRecord[]; next?: string }> {
  const page = await store.range(KEPT.index, {
    limit,
    reverse: true,
    ...(cursor ? { after: cursor } : {}),
  });
  const records = await Promise.all(
    page.members.map((id) => store.get<DebateRecord>(id, KEPT.record)),
  );
  const debates = records.flatMap((stored) => (stored ? [stored.value] : []));
  return { debates, ...(page.next === undefined ? {} : { next: page.next }) };
}
