import { ParleyError } from '../errors.ts';

/** Offsets as text, in order, with runs as ranges: `3,5-9,12`; empty for none. */
export function writeOffsets(offsets: ReadonlySet<bigint>): string {
  const runs: [bigint, bigint][] = [];
  for (const offset of [...offsets].sort((a, b) => (a < b ? -1 : 1))) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] + 1n === offset) last[1] = offset;
    else runs.push([offset, offset]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

/**
 * Reads what `writeOffsets` wrote.
 * @throws ParleyError DATA_CORRUPT for another text.
 */
export function readOffsets(text: string): Set<bigint> {
  const offsets = new Set<bigint>();
  if (text === '') return offsets;
  for (const run of text.split(',')) {
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(run) ?? [];
    if (from === undefined || to === undefined)
      throw new ParleyError('DATA_CORRUPT', `'${text}' is no list of offsets such as 3,5-9,12`);
    for (let offset = BigInt(from); offset <= BigInt(to); offset += 1n) offsets.add(offset);
  }
  return offsets;
}
