import type { Settings } from '../settings.ts';
import type { Expressions } from './expression.ts';
import { infinityOf, type Meaning, nameOf, type Relator } from './meaning.ts';

/**
 * A set of real numbers, over the ends that it and another have: whether each stretch between two ends (even places)
 * and each end itself (odd places) belongs to it.
 */
type Region = boolean[];

/** Where the ends stand among the places, how many places there are, and what the numbers are called. */
type Frame = {
  size: number;
  place: (end: string) => number;
  names: Set<string>;
  settings: Settings;
};

type Relation = Extract<Meaning, { kind: 'relation' }>;

/** Whether a meaning can be nothing but a set of real numbers. */
export function isRegion(meaning: Meaning): boolean {
  switch (meaning.kind) {
    case 'reals':
    case 'combination':
      return true;
    case 'group':
      return isInterval(meaning);
    case 'relation':
      return meaning.relators.some((relator) => relator !== '=');
    case 'list':
      return (
        meaning.items.every(
          (item) => item.kind === 'relation' || (meaning.joint !== ',' && item.kind === 'group'),
        ) && meaning.items.some(isRegion)
      );
    default:
      return false;
  }
}

function isInterval(meaning: Meaning): boolean {
  if (meaning.kind !== 'group' || meaning.items.length !== 2 || meaning.open === '<') return false;
  const isRound = meaning.open === '(' && meaning.close === ')';
  return !isRound || meaning.items.some((item) => infinityOf(item) !== 0);
}

/** Whether two meanings are one set of real numbers; undefined where one is none, or its ends cannot be ordered. */
export function sameRegion(
  a: Meaning,
  b: Meaning,
  expressions: Expressions,
  settings: Settings,
): boolean | undefined {
  const ends = new Set<string>();
  const names = [a, b].map((meaning) => {
    const frame: Frame = {
      size: 3,
      place: (end) => ends.add(end) && 1,
      names: new Set(),
      settings,
    };
    return region(meaning, frame) && frame.names;
  });
  const [left, right] = names;
  if (!left || !right) return undefined;
  const order = ordered([...ends], expressions);
  if (!order) return undefined;
  if (left.size > 1 || right.size > 1) return undefined;
  if ([...left].some((name) => right.size > 0 && !right.has(name))) return false;
  const frame: Frame = {
    size: 2 * order.length + 1,
    place: (end) => 2 * order.findIndex((same) => same.includes(end)) + 1,
    names: new Set(),
    settings,
  };
  const [x, y] = [region(a, frame), region(b, frame)];
  return x && y && x.every((isIn, at) => isIn === y[at]);
}

/** The ends in ascending order, equal ones together. */
function ordered(ends: readonly string[], expressions: Expressions): string[][] | undefined {
  const order: string[][] = [];
  for (const end of ends) {
    let at = 0;
    for (; at < order.length; at++) {
      const compared = expressions.order(end, order[at]?.[0] ?? '');
      if (compared === undefined) return undefined;
      if (compared === 0) order[at]?.push(end);
      if (compared <= 0) break;
    }
    if (!order[at]?.includes(end)) order.splice(at, 0, [end]);
  }
  return ends.length === 1 && expressions.order(ends[0] ?? '', '0') === undefined
    ? undefined
    : order;
}

function region(meaning: Meaning, frame: Frame): Region | undefined {
  const { size } = frame;
  switch (meaning.kind) {
    case 'reals':
      return Array<boolean>(size).fill(true);
    case 'set':
      return union(
        meaning.items.map((item) => point(item, frame)),
        size,
      );
    case 'group':
      return interval(meaning, frame);
    case 'list':
      return listed(meaning, frame);
    case 'relation':
      return related(meaning, frame);
    case 'combination': {
      const [first, ...rest] = meaning.parts.map((part) => region(part, frame));
      if (meaning.operation === 'union') return union([first, ...rest], size);
      if (meaning.operation === 'intersection') return intersection([first, ...rest], size);
      const removed = union(
        rest.map((part, at) => part ?? point(meaning.parts[at + 1], frame)),
        size,
      );
      return removed && intersection([first, removed.map((isIn) => !isIn)], size);
    }
    default:
      return undefined;
  }
}

/** `x<1 or x>2`; `x>1 and x<2`; `x\ne 1, x\ne 2` and `x\in…, x\ne 1`, where a comma is an "and". */
function listed(meaning: Extract<Meaning, { kind: 'list' }>, frame: Frame): Region | undefined {
  const { items, joint } = meaning;
  const isExcluding = items.some(
    (item) => item.kind === 'relation' && /^\\(?:ne|in|notin)$/.test(item.relators[0] ?? ''),
  );
  const first = items[0];
  const isNotAny = first?.kind === 'relation' && first.relators.join() === '\\ne';
  const parts = items.map((item) =>
    item.kind === 'expression' && isNotAny
      ? related({ ...first, sides: [first.sides[0] as Meaning, item] }, frame)
      : region(item, frame),
  );
  if (joint === 'or') return isNotAny ? undefined : union(parts, frame.size);
  if (joint === 'and' || isExcluding)
    return items.some((item) => item.kind === 'group')
      ? union(parts, frame.size)
      : intersection(parts, frame.size);
  const areIntervals = items.every((item) => item.kind === 'group');
  return areIntervals && frame.settings.pairs === 'interval' ? union(parts, frame.size) : undefined;
}

function interval(meaning: Meaning, frame: Frame): Region | undefined {
  if (meaning.kind !== 'group' || meaning.items.length !== 2 || meaning.open === '<')
    return undefined;
  const [low, high] = meaning.items.map((item) => end(item, frame));
  if (low === undefined || high === undefined) return undefined;
  const from = meaning.open === '[' ? low : low + 1;
  const to = meaning.close === ']' ? high : high - 1;
  return Array.from({ length: frame.size }, (_, at) => at >= from && at <= to);
}

/** The place of an end; before the first and behind the last for the infinities. */
function end(item: Meaning | undefined, frame: Frame): number | undefined {
  const infinite = infinityOf(item);
  if (infinite !== 0) return infinite < 0 ? -1 : frame.size;
  if (item?.kind !== 'expression' || item.unit !== undefined) return undefined;
  return frame.place(item.text);
}

function point(item: Meaning | undefined, frame: Frame): Region | undefined {
  const place = item && infinityOf(item) === 0 ? end(item, frame) : undefined;
  return place === undefined
    ? undefined
    : Array.from({ length: frame.size }, (_, at) => at === place);
}

/** `1<x\le 2`, `x\ne 3`, `x\in(1,2)`: every relator with the one name on one side of it. */
function related({ sides, relators }: Relation, frame: Frame): Region | undefined {
  const parts = relators.map((relator, at) => {
    const [left, right] = [sides[at] as Meaning, sides[at + 1] as Meaning];
    const size = sizedName(left);
    if (size !== undefined && infinityOf(right) === 0) {
      frame.names.add(size);
      return sized(relator, right, frame);
    }
    const name = nameOf(left);
    const other = nameOf(right);
    if ((name === undefined) === (other === undefined)) return undefined;
    frame.names.add(name ?? other ?? '');
    return name === undefined ? half(TURNED[relator], left, frame) : half(relator, right, frame);
  });
  return intersection(parts, frame.size);
}

/** The name in `|x|`. */
function sizedName(side: Meaning): string | undefined {
  const text = side.kind === 'expression' ? /^\|(.+)\|$/.exec(side.text)?.[1] : undefined;
  return text === undefined
    ? undefined
    : nameOf({ kind: 'expression', text, head: text, unit: undefined });
}

/** `|x|<3`, from −3 to 3, and `|x|>3`, outside of that. */
function sized(relator: Relator, bound: Meaning, frame: Frame): Region | undefined {
  const turned = TURNED[relator];
  if (turned === undefined || relator === '=' || relator === '\\ne' || bound.kind !== 'expression')
    return undefined;
  const text = `-(${bound.text})`;
  const opposite: Meaning = { kind: 'expression', text, head: text, unit: undefined };
  const parts = [half(relator, bound, frame), half(turned, opposite, frame)];
  const isBelow = relator === '<' || relator === '\\le';
  return isBelow ? intersection(parts, frame.size) : union(parts, frame.size);
}

const TURNED: Readonly<Record<Relator, Relator | undefined>> = {
  ...{ '<': '>', '>': '<', '\\le': '\\ge', '\\ge': '\\le', '=': '=', '\\ne': '\\ne' },
  ...{ '\\in': undefined, '\\notin': undefined },
};

/** The numbers that stand in a relation to a bound. */
function half(relator: Relator | undefined, bound: Meaning, frame: Frame): Region | undefined {
  if (relator === undefined) return undefined;
  if (relator === '\\in') return region(bound, frame);
  if (relator === '\\notin') return region(bound, frame)?.map((isIn) => !isIn);
  if (relator === '=' || relator === '\\ne') {
    const bounds = bound.kind === 'list' ? bound.items : [bound];
    const points = union(
      bounds.map((one) => point(one, frame)),
      frame.size,
    );
    return relator === '=' ? points : points?.map((isIn) => !isIn);
  }
  const place = end(bound, frame);
  if (place === undefined) return undefined;
  const isClosed = relator === '\\le' || relator === '\\ge';
  const isBelow = relator === '<' || relator === '\\le';
  return Array.from(
    { length: frame.size },
    (_, at) => (isClosed && at === place) || (isBelow ? at < place : at > place),
  );
}

function union(parts: readonly (Region | undefined)[], size: number): Region | undefined {
  if (parts.includes(undefined)) return undefined;
  return Array.from({ length: size }, (_, at) => parts.some((part) => part?.[at]));
}

function intersection(parts: readonly (Region | undefined)[], size: number): Region | undefined {
  if (parts.includes(undefined)) return undefined;
  return Array.from({ length: size }, (_, at) => parts.every((part) => part?.[at]));
}
