import { ComputeEngine } from '@cortex-js/compute-engine';
import { Cache } from './cache.ts';
import { cleared } from './clear.ts';
import {
  coordinate,
  Evaluator,
  isExact,
  type Point,
  partsOf,
  type Sample,
  sizeOf,
  type Value,
} from './evaluate.ts';
import { type Exact, isZero } from './exact.ts';
import { type Formula, formulaOf, LOG_BASE, type Node } from './formula.ts';

/** Whether two expressions are one: true, surely not, or not to be told. */
export type Equality = boolean | undefined;

/** Points at which the values of formulas must agree; which kind depends on what the formulas are made of. */
type Points = 'generic' | 'wide' | 'integers';
const POINTS: Readonly<Record<Points, number>> = { generic: 7, wide: 16, integers: 16 };
/** Points that must agree before two formulas with variables are one, and how many of them where both are real. */
const ENOUGH = 4;
const ENOUGH_REAL = 2;
/** Variables whose signs are tried in every combination, each in so many sizes at least. */
const SIGNED = 4;
const SIZES = 4;
/** Points at which integers are small; at the others they are beyond `FAR`, and so many of those must agree where there are branches. */
const SMALL_INTEGERS = 8;
const FAR = 200;
const ENOUGH_FAR = 3;
/** How far from 0 branches may lie for the points `wide`, of which the largest have this size a hundredfold, to see both sides. */
const WIDE = 1000;
/** Significant digits of a decimal beyond which it may come too near to what it approximates. */
const MAX_DIGITS = 25;
const MAX_WEAK_DIGITS = 8;

/** The two sides of a relation. */
type Sides = readonly [string, string];

const ZERO = coordinate(0, 1);
const NO_NAMES: ReadonlySet<string> = new Set();

/** A formula with what it is worth at the points so far. */
type Known = { formula: Formula; samples: Map<string, (Sample | undefined)[]> };

/**
 * Compares expressions by their values. Rational numbers are exact. Others are computed to 60 digits, at points that
 * depend on nothing but the names of the variables, so every run decides alike. Two expressions are equal when their
 * values agree at every point where both have one (`(x^2-1)/(x-1)` is `x+1`), with the principal values of roots and
 * logarithms, so `\sqrt{x^2}` is not `x`. They differ when one point tells them apart.
 *
 * Variables are real: without the imaginary unit, a point says nothing at which one of the two leaves the real numbers
 * on its way, as it lies outside of their common domain. So `\ln(x^2)` is `2\ln x` and `2\ln|x|`. Where one has absolute
 * values and the other none, a point of only one domain does tell them apart: `\ln|x|` is not `\ln x`.
 */
export class Expressions {
  readonly #engine = new ComputeEngine();
  readonly #evaluator = new Evaluator(this.#engine);
  readonly #known = new Cache<Known | undefined>();

  /** Whether two texts are one expression. */
  equal(a: string, b: string): Equality {
    if (a === b) return true;
    const [x, y] = [this.#read(a), this.#read(b)];
    return x && y && this.#agree(x, y, 'common', (p, q) => this.#same(p, q, x.formula, y.formula));
  }

  /** Whether left − right of two relations are one up to a factor other than 0: its sign (0 where it is not real), or no factor. */
  factor(a: Sides, b: Sides): number | false | undefined {
    const [x, y] = [this.#difference(a), this.#difference(b)];
    return x && y && this.#proportion(x, y);
  }

  /**
   * Whether two equations are one once their denominators are multiplied away, up to a factor other than 0. Undefined
   * where that does not tell, as when a numerator is 0 wherever its denominator is: `\frac{x(x-1)}{x}=0` has one solution.
   */
  sameCleared(a: Sides, b: Sides): true | undefined {
    const [x, y] = [this.#cleared(a), this.#cleared(b)];
    return x && y && typeof this.#proportion(x, y) === 'number' ? true : undefined;
  }

  #cleared(sides: Sides): Known | undefined {
    const known = this.#difference(sides);
    return (
      known &&
      this.#known.get(`${sides.join('\n')}\ncleared`, () => {
        const { formula } = known;
        const found = formula.branches ? undefined : cleared(formula.root);
        if (
          !found ||
          found.below.some((one) => !this.#isFreeOf(found.above, one, formula.variables))
        )
          return undefined;
        return { formula: { ...formula, root: found.above }, samples: new Map() };
      })
    );
  }

  /** Whether a numerator has another value than 0 somewhere where a denominator, linear in a variable, is 0. */
  #isFreeOf(above: Node, below: Node, variables: ReadonlySet<string>): boolean {
    return [...variables].some((name) => {
      const at = (value: Exact): Point => {
        const others = pointOf('generic', 0, []);
        return (one) => (one === name ? value : others(one));
      };
      const [zero, one, two] = [0, 1, 2].map(
        (value) => this.#evaluator.sample(below, at(coordinate(value, 1)))?.value,
      );
      if (!zero || !one || !two || !isExact(zero) || !isExact(one) || !isExact(two)) return false;
      const slope = this.#evaluator.difference(one, zero);
      const next = this.#evaluator.difference(two, one);
      const bend = slope && next && this.#evaluator.difference(next, slope);
      if (!slope || !bend || isNothing(slope) || !isNothing(bend)) return false;
      const root = this.#evaluator.quotient(this.#evaluator.difference(ZERO, zero) ?? ZERO, slope);
      const left = root && isExact(root) && this.#evaluator.sample(above, at(root))?.value;
      return left !== undefined && left !== false && !isNothing(left);
    });
  }

  #proportion(x: Known, y: Known): number | false | undefined {
    if (x.formula.variables.size === 0 || y.formula.variables.size === 0) return undefined;
    let ratio: Value | undefined;
    const proportional = this.#agree(x, y, 'same', (p, q) => {
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
      ? this.#sample(known, 'generic', 0, [])?.value
      : undefined;
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
      return formula && { formula, samples: new Map() };
    });
  }

  #difference([left, right]: Sides): Known | undefined {
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
        samples: new Map(),
      };
    });
  }

  /** Whether values agree; those of relations must have the `same` domain, or solutions would be lost. */
  #agree(
    x: Known,
    y: Known,
    domains: 'common' | 'same',
    same: (p: Value, q: Value) => Equality,
  ): Equality {
    const { variables, branches, integers, imaginary, reach } = combined(x.formula, y.formula);
    const points = integers.size > 0 ? 'integers' : branches ? 'wide' : 'generic';
    if (points === 'wide' && variables.size > 0 && !(reach <= WIDE)) return undefined;
    const isFar = points === 'integers' && branches;
    if (isFar && !(reach <= FAR && integers.size === variables.size)) return undefined;
    const isOpen = x.formula.variables.has(LOG_BASE) !== y.formula.variables.has(LOG_BASE);
    const isOfReals = points === 'wide' && variables.size > 0 && !imaginary;
    const names = [...variables].sort();
    const count = names.length === 0 ? 1 : countOf(points, names.length);
    const agreed = { all: 0, real: 0, far: 0 };
    for (let at = 0; at < count; at++) {
      const [p, q] = [
        this.#sample(x, points, at, names, integers),
        this.#sample(y, points, at, names, integers),
      ];
      if (!p || !q) continue;
      const areReal = p.isReal && q.isReal;
      if (isOfReals && p.isReal !== q.isReal) {
        if (domains === 'same' || x.formula.absolutes !== y.formula.absolutes) return false;
        continue;
      }
      const equal = same(p.value, q.value);
      if (equal === false && (areReal || !isOfReals)) return isOpen ? undefined : false;
      if (equal) agreed.all++;
      if (equal && areReal) agreed.real++;
      if (equal && at >= SMALL_INTEGERS) agreed.far++;
    }
    if (isFar && agreed.far < ENOUGH_FAR) return undefined;
    if (isOfReals && agreed.real < ENOUGH_REAL) return undefined;
    return agreed.all >= Math.min(count, ENOUGH) ? true : undefined;
  }

  #sample(
    known: Known,
    points: Points,
    at: number,
    names: readonly string[],
    integers: ReadonlySet<string> = NO_NAMES,
  ): Sample | undefined {
    const key = `${points} ${points === 'wide' ? names.join() : [...integers].sort().join()}`;
    const samples = known.samples.get(key) ?? [];
    known.samples.set(key, samples);
    if (!(at in samples))
      samples[at] = this.#evaluator.sample(
        known.formula.root,
        pointOf(points, at, names, integers),
      );
    return samples[at];
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
    if (weak && x.variables.size + y.variables.size === 0) return undefined;
    const isMeant = noise <= 1e6 || noise * near <= 1e-38 * Math.max(sizeOf(p), sizeOf(q));
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
    integers: new Set([...x.integers, ...y.integers]),
    absolutes: x.absolutes || y.absolutes,
    imaginary: x.imaginary || y.imaginary,
    digits: Math.max(x.digits, y.digits),
    reach: Math.max(x.reach, y.reach),
  };
}

function countOf(points: Points, variables: number): number {
  if (points !== 'wide') return POINTS[points];
  return Math.max(POINTS.wide, SIZES * 2 ** Math.min(variables, SIGNED));
}

/** The same value for the same name at every call: two formulas meet at the same points. */
function pointOf(
  points: Points,
  at: number,
  names: readonly string[],
  integers: ReadonlySet<string> = NO_NAMES,
): Point {
  return (variable) => {
    const hash = hashOf(`${variable}#${points}${at}`);
    if (integers.has(variable))
      return coordinate(
        at < SMALL_INTEGERS ? 1 + (hash % 24) : FAR + 1 + (hash % (4 * FAR - 1)),
        1,
      );
    const below = 101 + ((hash >>> 8) % 97);
    const part = 11 + (hash % 83);
    if (points === 'wide') {
      const sign = signOf(at, names.indexOf(variable), hash);
      return coordinate(sign * Math.round(part * sizeAt(at, names.length)), below);
    }
    const sign = at < 2 || (at > 2 && (hash >>> 20) % 2 === 0) ? 1 : -1;
    return coordinate(sign * (at % 2 === 0 ? part : below + 3 * part), below);
  };
}

/** Signs of the first variables in every combination, from all positive on; those of the others by chance. */
function signOf(at: number, variable: number, hash: number): number {
  const isNegative =
    variable < SIGNED ? (at >> variable) % 2 === 1 : at > 0 && (hash >>> 20) % 2 === 1;
  return isNegative ? -1 : 1;
}

/** From 10^-0.5 up to 10^5, one size for each round of combinations of signs. */
function sizeAt(at: number, variables: number): number {
  const combinations = 2 ** Math.min(variables, SIGNED);
  const rounds = countOf('wide', variables) / combinations;
  return 10 ** ((5.5 * Math.floor(at / combinations)) / (rounds - 1) - 0.5);
}

/** FNV-1a with a last mix, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 15)) >>> 0;
}
