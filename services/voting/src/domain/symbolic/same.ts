import { readUnit, sameDimension } from '../equality/units.ts';
import type { Settings } from '../settings.ts';
import type { Equality, Expressions } from './expression.ts';
import { infinityOf, type Meaning, nameOf } from './meaning.ts';
import { isRegion, sameRegion } from './region.ts';

/** What a comparison goes by. */
type Means = { expressions: Expressions; settings: Settings };
type Term = Extract<Meaning, { kind: 'expression' }>;
type Relation = Extract<Meaning, { kind: 'relation' }>;
type Ratio = Extract<Meaning, { kind: 'ratio' }>;
/** `x = 3` as what it says of a name. */
type Binding = { name: string; value: Meaning };

/** Whether two meanings are one: true, surely not, or not to be told. */
export function sameMeaning(first: Meaning, second: Meaning, means: Means): Equality {
  const [a, b] = [resultOf(first, means), resultOf(second, means)];
  const [left, right] = [bindingsOf(a), bindingsOf(b)];
  if (left && right) return sameBindings(left, right, a, b, means);
  if (isRegion(a) || isRegion(b)) {
    const same = sameRegion(a, b, means.expressions, means.settings);
    if (same !== undefined) return same;
  }
  if (a.kind === 'relation' && b.kind === 'relation') return sameRelation(a, b, means);
  if (left && b.kind !== 'relation') return sameValue(left, a, b, means);
  if (right && a.kind !== 'relation') return sameValue(right, b, a, means);
  return sameShape(a, b, means);
}

/** The last member of `\frac{6}{4}=\frac{3}{2}`, where all members are one constant; else the meaning itself. */
function resultOf(meaning: Meaning, { expressions, settings }: Means): Meaning {
  if (meaning.kind !== 'relation' || settings.assignments === 'equation') return meaning;
  const { sides, relators } = meaning;
  const [first, last] = [sides[0], sides.at(-1)];
  if (relators.some((relator) => relator !== '=') || first?.kind !== 'expression') return meaning;
  const areOne = sides.every(
    (side) =>
      side.kind === 'expression' &&
      expressions.constant(side.text) !== undefined &&
      expressions.equal(side.text, first.text) === true,
  );
  const isTrivial = sides.every((side) => side.kind === 'expression' && side.text === first.text);
  return areOne && last && !isTrivial ? last : meaning;
}

/** `1:2` and `2:4`: every member is in the same proportion to the first, which is not 0. Times of day are compared as text. */
function sameRatio(a: Ratio, b: Ratio, means: Means): Equality {
  const [first, other] = [a.parts[0] ?? '', b.parts[0] ?? ''];
  if (a.parts.length !== b.parts.length || isTime(a, b)) return false;
  if ([first, other].some((part) => means.expressions.equal(part, '0') !== false)) return undefined;
  return all(
    a.parts
      .slice(1)
      .map((part, at) =>
        means.expressions.equal(
          `(${part})\\cdot(${other})`,
          `(${first})\\cdot(${b.parts[at + 1]})`,
        ),
      ),
  );
}

/** Whether both may be times, or one can be nothing else: `3:05`. */
function isTime(a: Ratio, b: Ratio): boolean {
  const [x, y] = [a, b].map(({ parts }) => parts.join(':'));
  return (
    [x, y].every((text) => CLOCK.test(text ?? '')) || [x, y].some((text) => ZERO.test(text ?? ''))
  );
}

const CLOCK = /^\d{1,2}(?::[0-5]\d)+$/;
const ZERO = /:0\d(?!\d)/;

function sameShape(a: Meaning, b: Meaning, means: Means): Equality {
  if (a.kind === 'expression' && b.kind === 'expression') return sameTerm(a, b, means);
  if (a.kind === 'words' && b.kind === 'words') return sameWords(a.text, b.text, means.settings);
  if (a.kind === 'words' || b.kind === 'words')
    return isStatement(a) || isStatement(b) ? undefined : false;
  if (a.kind === 'matrix' && b.kind === 'matrix')
    return a.rows.length === b.rows.length && a.rows[0]?.length === b.rows[0]?.length
      ? inOrder(a.rows.flat(), b.rows.flat(), means)
      : false;
  if (a.kind === 'ratio' && b.kind === 'ratio') return sameRatio(a, b, means);
  const [x, y] = [vectorOf(a), vectorOf(b)];
  if (x && y) return inOrder(x, y, means);
  if (a.kind === 'group' && b.kind === 'group')
    return a.open === b.open && a.close === b.close ? inOrder(a.items, b.items, means) : false;
  if (a.kind === 'combination' && b.kind === 'combination')
    return a.operation === b.operation && a.operation !== 'difference'
      ? inAnyOrder(a.parts, b.parts, means) || undefined
      : undefined;
  return sameCollection(a, b, means);
}

/** Lists and sets; a term alone is a list of one. */
function sameCollection(a: Meaning, b: Meaning, means: Means): Equality {
  const isSet = a.kind === 'set' || b.kind === 'set';
  const isList = a.kind === 'list' || b.kind === 'list';
  const [x, y] = [itemsOf(a, means), itemsOf(b, means)];
  if (!x || !y || !(isSet || isList)) return false;
  if (!isList && a.kind !== b.kind) return false;
  if (isJoinedOtherwise(a, b)) return undefined;
  if (!isSet && means.settings.lists === 'same-order') return inOrder(x, y, means);
  return inAnyOrder(x, y, means);
}

/** Whether one is an "or" and the other not, of what makes a difference: of statements that are no list of solutions. */
function isJoinedOtherwise(a: Meaning, b: Meaning): boolean {
  if (a.kind !== 'list' || b.kind !== 'list') return false;
  const areStatements = [...a.items, ...b.items].some(
    (item) => item.kind === 'relation' || item.kind === 'words' || nameOf(item) !== undefined,
  );
  return areStatements && (a.joint === 'or') !== (b.joint === 'or');
}

function itemsOf(meaning: Meaning, means: Means): Meaning[] | undefined {
  if (meaning.kind === 'set') return distinct(meaning.items.flatMap(flattened), means);
  if (meaning.kind === 'list') return meaning.items.flatMap(flattened);
  return meaning.kind === 'combination' || meaning.kind === 'reals' ? undefined : [meaning];
}

/** `\pm 1` within a list is two of its items. */
function flattened(item: Meaning): Meaning[] {
  return item.kind === 'list' ? item.items : [item];
}

function distinct(items: readonly Meaning[], means: Means): Meaning[] {
  return items.filter(
    (item, at) => !items.slice(0, at).some((earlier) => sameMeaning(earlier, item, means) === true),
  );
}

function inOrder(a: readonly Meaning[], b: readonly Meaning[], means: Means): Equality {
  if (a.length !== b.length) return false;
  return all(a.map((item, at) => sameMeaning(item, b[at] as Meaning, means)));
}

function inAnyOrder(a: readonly Meaning[], b: readonly Meaning[], means: Means): Equality {
  return paired(a, b, (p, q) => sameMeaning(p, q, means));
}

function all(verdicts: readonly Equality[]): Equality {
  if (verdicts.includes(false)) return false;
  return verdicts.includes(undefined) ? undefined : true;
}

/** The entries of a point, a row or a column. */
function vectorOf(meaning: Meaning): readonly Meaning[] | undefined {
  if (meaning.kind === 'matrix') {
    if (meaning.rows.every((row) => row.length === 1)) return meaning.rows.flat();
    return meaning.rows.length === 1 ? meaning.rows[0] : undefined;
  }
  if (meaning.kind !== 'group' || meaning.items.length < 2) return undefined;
  const isPoint = (meaning.open === '(' && meaning.close === ')') || meaning.open === '<';
  return isPoint ? meaning.items : undefined;
}

/** Words with signs of mathematics in them: they may mean what the other says. */
function isStatement(meaning: Meaning): boolean {
  return meaning.kind === 'words' && /[^A-Za-z ]/.test(meaning.text);
}

function sameWords(a: string, b: string, settings: Settings): boolean {
  const [x, y] = [a, b].map((text) => {
    const plain = text
      .replace(/\{(\w)\}/g, '$1')
      .replace(/[\s.]+/g, ' ')
      .replace(/(?<=[^A-Za-z]) | (?=[^A-Za-z])/g, '')
      .trim();
    return settings.letters === 'any-case' && !/[\\\d=<>^]/.test(plain.replace(/_\d+$/, ''))
      ? plain.toLowerCase()
      : plain;
  });
  return x === y;
}

function sameTerm(a: Term, b: Term, means: Means): Equality {
  const [x, y] = [infinityOf(a), infinityOf(b)];
  if (x !== 0 || y !== 0) return x === y;
  const { units, percent, fractions } = means.settings;
  if (a.text !== b.text && [a, b].every(({ text }) => RANGE.test(text))) return undefined;
  if (fractions === 'reduced' && [a, b].every(({ text }) => PLAIN_FRACTION.test(text)))
    return false;
  if (units === 'ignored') return sameNumber(a.head, b.head, means);
  const [p, q] = [a, b].map((term) =>
    term.unit === '%' && percent === 'fraction'
      ? { ...term, head: `(${term.head})/100`, unit: undefined }
      : term,
  );
  if (!p || !q || p.unit === q.unit) return sameNumber(p?.head ?? '', q?.head ?? '', means);
  if (p.unit !== undefined && q.unit !== undefined) return sameAmount(p, q, means);
  if (/\^\\circ/.test(p.unit === undefined ? p.text : q.text))
    return sameNumber(a.text, b.text, means);
  return units === 'optional' ? sameNumber(p.head, q.head, means) : false;
}

/** A range or a score rather than a difference, when the other is one, too: `10-20`. */
const RANGE = /^\d+-\d+$/;
const PLAIN_FRACTION = /^-?(?:[\d.]+(?:\/\d+)?|\\frac\{\d+\}\{\d+\})$/;

function sameAmount(a: Term, b: Term, means: Means): Equality {
  const [x, y] = [readUnit(a.unit ?? '')?.unit, readUnit(b.unit ?? '')?.unit];
  if (!x || !y || !sameDimension(x, y)) return false;
  const [first, second] = [
    { head: a.head, factor: x.factor },
    { head: b.head, factor: y.factor },
  ].map(({ head, factor }) => `(${head})\\cdot\\frac{${factor.n}}{${factor.d}}`);
  return sameNumber(first ?? '', second ?? '', means);
}

/** Two expressions; two constants may differ behind the significant digits that are asked for. */
function sameNumber(a: string, b: string, { expressions, settings }: Means): Equality {
  const same = expressions.equal(a, b);
  if (same === true || settings.digits === 0) return same;
  return expressions.rounded(a, settings.digits) !== undefined &&
    expressions.rounded(a, settings.digits) === expressions.rounded(b, settings.digits)
    ? true
    : same;
}

/** What a meaning says of names: `x=3`, `x=1 or x=2`, `x=1,2`, `x=\pm 1`, `(x,y)=(1,2)`; undefined when it says more. */
function bindingsOf(meaning: Meaning): Binding[] | undefined {
  if (meaning.kind === 'relation') return bindingsOfRelation(meaning);
  if (meaning.kind !== 'list') return undefined;
  const tuples = tuplesOf(meaning.items);
  if (tuples) return tuples;
  const found: Binding[] = [];
  for (const item of meaning.items) {
    const own = bindingsOf(item);
    const last = found.at(-1);
    if (own) found.push(...own);
    else if (!last || item.kind === 'relation' || item.kind === 'words') return undefined;
    else found.push({ name: last.name, value: item });
  }
  return found;
}

/** `(x,y)=(1,2),(3,4)`: points, each bound to the names together. */
function tuplesOf(items: readonly Meaning[]): Binding[] | undefined {
  const found: Binding[] = [];
  for (const item of items) {
    const own = item.kind === 'relation' ? tupleOf(item) : undefined;
    const name = own?.name ?? found.at(-1)?.name;
    const value = own?.value ?? item;
    if (name === undefined || value.kind !== 'group') return undefined;
    found.push({ name, value });
  }
  return found;
}

function tupleOf({ sides, relators }: Relation): Binding | undefined {
  const [left, right] = sides;
  if (relators.join() !== '=' || left?.kind !== 'group' || right?.kind !== 'group')
    return undefined;
  const names = left.items.map(nameOf);
  if (names.includes(undefined) || names.length !== right.items.length) return undefined;
  return { name: names.join(), value: right };
}

function bindingsOfRelation({ sides, relators }: Relation): Binding[] | undefined {
  const [first, last] = [sides[0], sides.at(-1)];
  if (!first || !last) return undefined;
  if (relators.join() === '\\in' && last.kind === 'set') {
    const name = nameOf(first);
    return name === undefined ? undefined : last.items.map((value) => ({ name, value }));
  }
  if (relators.some((relator) => relator !== '=')) return undefined;
  if (first.kind === 'group' && last.kind === 'group' && sides.length === 2) {
    const names = first.items.map(nameOf);
    if (names.includes(undefined) || names.length !== last.items.length) return undefined;
    return names.map((name, at) => ({ name: name ?? '', value: last.items[at] as Meaning }));
  }
  const names = sides.slice(0, -1).flatMap((side) => nameOf(side) ?? []);
  if (nameOf(first) === undefined && sides.length === 2) {
    const name = nameOf(last);
    return name === undefined ? undefined : [{ name, value: first }];
  }
  if (nameOf(first) === undefined) return undefined;
  const values = last.kind === 'list' ? last.items : [last];
  return names.flatMap((name) => values.map((value) => ({ name, value })));
}

function sameBindings(
  left: readonly Binding[],
  right: readonly Binding[],
  a: Meaning,
  b: Meaning,
  means: Means,
): Equality {
  const [x, y] = [commonName(left), commonName(right)];
  if (x === undefined && isJoinedOtherwise(a, b)) return undefined;
  const key = x !== undefined && x === y ? baseOf : (name: string) => name;
  const same = paired(left, right, (p, q) =>
    key(p.name) === key(q.name) ? sameMeaning(p.value, q.value, means) : false,
  );
  if (same === true || a.kind !== 'relation' || b.kind !== 'relation') return same;
  const asEquations = sameRelation(a, b, means);
  return asEquations ?? same;
}

/** Whether the items pair up; it cannot be told when an item without a partner may have one. */
function paired<Item>(
  a: readonly Item[],
  b: readonly Item[],
  same: (p: Item, q: Item) => Equality,
): Equality {
  if (a.length !== b.length) return false;
  const left = [...b];
  let isOpen = false;
  for (const item of a) {
    const verdicts = left.map((other) => same(item, other));
    const found = verdicts.indexOf(true);
    if (found >= 0) left.splice(found, 1);
    isOpen ||= found < 0 && verdicts.includes(undefined);
  }
  return left.length === 0 || (isOpen ? undefined : false);
}

/** The bindings of a statement against what has no name: the value, the list of solutions, or the point of several variables in order. */
function sameValue(
  bindings: readonly Binding[],
  statement: Meaning,
  other: Meaning,
  means: Means,
): Equality {
  if (means.settings.assignments === 'equation') return false;
  const values = bindings.map(({ value }) => value);
  const [only] = values;
  if (values.length === 1 && only) return sameMeaning(only, other, means);
  if (commonName(bindings) !== undefined)
    return sameMeaning({ kind: 'list', items: values, joint: 'or' }, other, means);
  if (statement.kind === 'list' && statement.joint === 'or') return undefined;
  if (new Set(bindings.map(({ name }) => name)).size < bindings.length) return undefined;
  const sorted = [...bindings].sort((p, q) => (p.name < q.name ? -1 : 1));
  const isOrdered = sorted.every((one, at) => one === bindings[at]);
  if (!isOrdered && !sorted.every(({ name }) => /^[a-dx-z]$/.test(name))) return undefined;
  const inOrderOfNames = sorted.map(({ value }) => value);
  if (other.kind === 'list') return inOrder(inOrderOfNames, other.items, means);
  return sameMeaning({ kind: 'group', open: '(', close: ')', items: inOrderOfNames }, other, means);
}

/** The one name of all, subscripts left out. */
function commonName(bindings: readonly Binding[]): string | undefined {
  const names = new Set(bindings.map(({ name }) => baseOf(name)));
  return names.size === 1 ? [...names][0] : undefined;
}

function baseOf(name: string): string {
  return name.replace(/_.*$/, '');
}

/** Equations and inequalities: left − right are one up to a factor, of the right sign where there is a direction. */
function sameRelation(a: Relation, b: Relation, means: Means): Equality {
  if (a.relators.length !== b.relators.length) return undefined;
  const [x, y] = [directed(a), directed(b)];
  const [p, q] = [x.relators[0], y.relators[0]];
  if (a.relators.length > 1 || x.texts === undefined || y.texts === undefined) {
    if (x.relators.join() !== y.relators.join()) return undefined;
    return inOrder(x.sides, y.sides, means) || undefined;
  }
  if (p !== q) return false;
  const factor = means.expressions.factor(x.texts, y.texts);
  if (typeof factor !== 'number' && p === '=')
    return means.expressions.sameCleared(x.texts, y.texts) ?? factor;
  if (typeof factor !== 'number') return factor;
  if (p === '=' || p === '\\ne') return true;
  return factor > 0 ? true : factor < 0 ? false : undefined;
}

/** A relation that points to the left, `<` or `\le`, with the texts of its two sides where they are terms. */
function directed(relation: Relation): Relation & { texts: [string, string] | undefined } {
  const turns = relation.relators.every((relator) => relator === '>' || relator === '\\ge');
  const sides = turns ? [...relation.sides].reverse() : relation.sides;
  const relators = turns
    ? [...relation.relators].reverse().map((one) => (one === '>' ? '<' : '\\le') as typeof one)
    : relation.relators;
  const [left, right] = sides;
  const areTerms = left?.kind === 'expression' && right?.kind === 'expression';
  return {
    ...relation,
    sides,
    relators,
    texts: areTerms && sides.length === 2 ? [left.text, right.text] : undefined,
  };
}
