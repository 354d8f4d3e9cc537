import { ComputeEngine } from '@cortex-js/compute-engine';
import { Cache } from './cache.ts';
import {
  coordinate,
  Evaluator,
  isExact,
  type Point,
  partsOf,
  sizeOf,
  type Value,
} from './evaluate.ts';
import { isZero } from './exact.ts';
import { type Formula, formulaOf, type Node } from './formula.ts';

/** Whether two expressions are one: true, surely not, or not to be told. */
export type Equality = boolean | undefined;

/** Points at which the values of formulas must agree; which kind depends on what the formulas are made of. */
type Points = 'generic' | 'wide' | 'integers';
const POINTS: Readonly<Record<Points, number>> = { generic: 7, wide: 12, integers: 8 };
/** Points that must agree before two formulas with variables are one. */
const ENOUGH = 4;
/** How far from 0 branches may lie for the points `wide` to see both sides of them. */
const WIDE = 1000;
/** Significant digits of a decimal beyond which it may come too near to what it approximates. */
const MAX_DIGITS = 25;
const MAX_WEAK_DIGITS = 8;

/** A formula with what it is worth at the points so far. */
type Known = { formula: Formula; values: Map<Points, (Value | undefined)[]> };

/**
 * Compares expressions by their values. Rational numbers are exact. Others are computed to 60 digits, at points that
 * depend on nothing but the names of the variables, so every run decides alike. Two expressions are equal when their
 * values agree at every point where both have one (`(x^2-1)/(x-1)` is `x+1`), with the principal values of roots and
 * logarithms, so `\sqrt{x^2}` is not `x`. They differ when one point tells them apart.
 */
export class Expressions {
  readonly #engine = new ComputeEngine();
  readonly #evaluator = new Evaluator(this.#engine);
  readonly #known = new Cache<Known | undefined>();

  /** Whether two texts are one expression. */
  equal(a: string, b: string): Equality {
    if (a === b) return true;
    const [x, y] = [this.#read(a), this.#read(b)];
    return x && y ? this.#agree(x, y, (p, q) => this.#same(p, q, x.formula, y.formula)) : undefined;
  }

  /** Whether left − right of two relations are one up to a factor other than 0: its sign (0 where it is not real), or no factor. */
  factor(a: readonly [string, string], b: readonly [string, string]): number | false | undefined {
    const [x, y] = [this.#difference(a), this.#difference(b)];
    if (!x || !y) return undefined;
    let ratio: Value | undefined;
    const proportional = this.#agree(x, y, (p, q) => {
      const [noP, noQ] = [isNothing(p), isNothing(q)];
      if (noP || noQ) return noP === noQ ? undefined : false;
      const here = this.#evaluator.quotient(p, q);
      if (!here) return undefined;
      ratio ??= here;
      return this.#same(here, ratio, x.formula, y.formula);
    });
    if (!proportional || !ratio) return proportional === false ? false : undefined;
    const { re, im } = partsOf(ratio);
    return im === 0 ? Math.sign(re) : 0;
  }

  /** The value of a text without variables; undefined where it has some, or no value. */
  constant(text: string): Value | undefined {
    const known = this.#read(text);
    return known && known.formula.variables.size === 0
      ? this.#value(known, 'generic', 0)
      : undefined;
  }

  /** The names of the variables in a text; undefined where it is no expression. */
  variables(text: string): ReadonlySet<string> | undefined {
    return this.#read(text)?.formula.variables;
  }

  /** A real constant with so many significant digits, as a decimal. */
  rounded(text: string, digits: number): number | undefined {
    const value = this.constant(text);
    if (!value) return undefined;
    const { re, im } = partsOf(value);
    return im === 0 && Number.isFinite(re) ? Number(re.toPrecision(digits)) : undefined;
  }

  /** Which of two real constants is smaller: −1, 0 or 1; undefined where it cannot be told. */
  order(a: string, b: string): number | undefined {
    const [x, y] = [this.constant(a), this.constant(b)];
    if (!x || !y || partsOf(x).im !== 0 || partsOf(y).im !== 0) return undefined;
    const equal = this.equal(a, b);
    if (equal !== false) return equal === true ? 0 : undefined;
    const difference = this.#evaluator.difference(x, y);
    return difference && (Math.sign(partsOf(difference).re) || undefined);
  }

  #read(text: string): Known | undefined {
    return this.#known.get(text, () => {
      const formula = formulaOf(this.#engine, text);
      return formula && { formula, values: new Map() };
    });
  }

  #difference([left, right]: readonly [string, string]): Known | undefined {
    return this.#known.get(`${left}\n${right}`, () => {
      const [x, y] = [this.#read(left)?.formula, this.#read(right)?.formula];
      if (!x || !y) return undefined;
      const minus: Node = {
        kind: 'operation',
        name: 'Multiply',
        operands: [{ kind: 'number', value: coordinate(-1, 1) }, y.root],
      };
      return {
        formula: {
          ...combined(x, y),
          root: { kind: 'operation', name: 'Add', operands: [x.root, minus] },
        },
        values: new Map(),
      };
    });
  }

  #agree(x: Known, y: Known, same: (p: Value, q: Value) => Equality): Equality {
    const { variables, branches, integers, reach } = combined(x.formula, y.formula);
    const points = integers ? 'integers' : branches ? 'wide' : 'generic';
    if (points === 'wide' && variables.size > 0 && !(reach <= WIDE)) return undefined;
    const count = variables.size === 0 ? 1 : POINTS[points];
    let agreed = 0;
    for (let at = 0; at < count; at++) {
      const [p, q] = [this.#value(x, points, at), this.#value(y, points, at)];
      if (!p || !q) continue;
      const equal = same(p, q);
      if (equal === false) return false;
      if (equal) agreed++;
    }
    return agreed >= Math.min(count, ENOUGH) ? true : undefined;
  }

  #value(known: Known, points: Points, at: number): Value | undefined {
    const values = known.values.get(points) ?? [];
    known.values.set(points, values);
    if (!(at in values))
      values[at] = this.#evaluator.value(known.formula.root, pointOf(points, at));
    return values[at];
  }

  #same(p: Value, q: Value, x: Formula, y: Formula): Equality {
    if (isExact(p) && isExact(q)) return p.re === q.re && p.im === q.im && p.below === q.below;
    const difference = this.#evaluator.difference(p, q);
    if (!difference) return undefined;
    const noise = noiseOf(p) + noiseOf(q);
    const weak = [p, q, difference].some((value) => !isExact(value) && value.weak);
    const distance = sizeOf(difference);
    const [near, far] = weak ? [1e-13, 1e-9] : [1e-48, 1e-40];
    if (distance > noise * far) return false;
    const isMeant = noise <= 1e6 || noise * near <= 1e-20 * Math.max(sizeOf(p), sizeOf(q));
    const digits = Math.max(x.digits, y.digits);
    const isPlain = digits <= (weak ? MAX_WEAK_DIGITS : MAX_DIGITS);
    return distance <= noise * near && isMeant && isPlain ? true : undefined;
  }
}

function noiseOf(value: Value): number {
  return isExact(value) ? sizeOf(value) : value.noise;
}

function isNothing(value: Value): boolean {
  return isExact(value) ? isZero(value) : sizeOf(value) <= value.noise * 1e-45;
}

function combined(x: Formula, y: Formula): Omit<Formula, 'root'> {
  return {
    variables: new Set([...x.variables, ...y.variables]),
    branches: x.branches || y.branches,
    integers: x.integers || y.integers,
    digits: Math.max(x.digits, y.digits),
    reach: Math.max(x.reach, y.reach),
  };
}

/** The same value for the same name at every call: two formulas meet at the same points. */
function pointOf(points: Points, at: number): Point {
  return (variable) => {
    const hash = hashOf(`${variable}#${points}${at}`);
    if (points === 'integers') return coordinate(1 + (hash % 24), 1);
    const below = 101 + ((hash >>> 8) % 97);
    const sign =
      at < 2
        ? 1
        : at === 2
          ? -1
          : (at < 8 ? hash >>> 20 : hashOf(variable) + at) % 2 === 0
            ? 1
            : -1;
    const part = 11 + (hash % 83);
    if (points === 'generic')
      return coordinate(sign * (at % 2 === 0 ? part : below + 3 * part), below);
    return coordinate(sign * Math.round(part * 10 ** (at / 2 - 0.5)), below);
  };
}

/** FNV-1a with a last mix, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 15)) >>> 0;
}
