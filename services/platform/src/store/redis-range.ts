import { type Cursor, decodeCursor, encodeCursor } from './cursor.ts';
import type { Page } from './port.ts';
import type { RedisKeys } from './redis-keys.ts';
import type { RedisLink } from './redis-link.ts';
import { RANGE } from './redis-range-script.ts';

/** Reads a page of an index from all shards and merges them. */
export async function redisRange(
  link: RedisLink,
  keys: RedisKeys,
  index: string,
  { limit, after, reverse = false }: { limit: number; after?: string; reverse?: boolean },
): Promise<Page> {
  const cursor = after === undefined ? undefined : decodeCursor(after);
  const answers = await Promise.all(
    link.groups.map((group) => {
      const names = group.map((shard) => keys.index(shard, index));
      const operands = [reverse ? 'down' : 'up', String(limit + 1)];
      if (cursor !== undefined) operands.push(String(cursor.rank), cursor.member);
      return link.send<string[][]>({
        shard: group[0] ?? 0,
        command: RANGE,
        arguments: [String(names.length), ...names, ...operands],
        reads: true,
      });
    }),
  );
  return mergePage(answers.flat(), limit, reverse);
}

/** One page of what stands, in each list, in order as member and rank by turns. */
export function mergePage(lists: string[][], limit: number, reverse: boolean): Page {
  const found = lists.flatMap((list) =>
    Array.from(
      { length: list.length / 2 },
      (_, at): Cursor => ({ member: list[at * 2] ?? '', rank: Number(list[at * 2 + 1]) }),
    ),
  );
  found.sort(reverse ? (a, b) => compare(b, a) : compare);
  const page = found.slice(0, limit);
  const members = page.map(({ member }) => member);
  const last = page.at(-1);
  return found.length > limit && last ? { members, next: encodeCursor(last) } : { members };
}

/** By rank, then by the bytes of the member: as Redis orders a sorted set. */
function compare(a: Cursor, b: Cursor): number {
  return a.rank - b.rank || Buffer.compare(Buffer.from(a.member), Buffer.from(b.member));
}
