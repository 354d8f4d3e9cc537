import { type ComputeEngine, type Expression, isNumber } from '@cortex-js/compute-engine';
import {
  divisor,
  type Exact,
  exact,
  inverse,
  isSmallInteger,
  isZero,
  power,
  product,
  sum,
  toDouble,
} from './exact.ts';
import type { Node } from './formula.ts';

/** Significant digits in which the engine computes what is not rational. */
export const PRECISION = 60;

/** A number of the engine, a bound of its error in units of 10^-PRECISION, and whether it has only a double's digits. */
export type Approximate = { number: Expression; noise: number; weak: boolean };

/** The value of a formula at a point: exact while it is rational. */
export type Value = Exact | Approximate;

/** The value of a formula at a point, and whether all that it is computed from is real there. */
export type Sample = { value: Value; isReal: boolean };

/** Where a formula is evaluated: the value of each variable. */
export type Point = (variable: string) => Exact;

/** Binary digits before the point of a power or an exponential; larger ones are refused. */
const MAX_POWER_BITS = 20_000;
const MAX_FACTORIAL = 1000;
/** Largest argument of a function with a period; beyond it digits are lost. */
const MAX_ANGLE = 1e9;

export function isExact(value: Value): value is Exact {
  return 're' in value && 'below' in value;
}

/** The magnitudes of both parts as doubles. */
export function partsOf(value: Value): { re: number; im: number } {
  return isExact(value)
    ? { re: toDouble(value.re, value.below), im: toDouble(value.im, value.below) }
    : { re: value.number.re, im: value.number.im };
}

/** The absolute value as a double. */
export function sizeOf(value: Value): number {
  const { re, im } = partsOf(value);
  return Math.hypot(re, im);
}

/** Evaluates formulas from the leaves up: rational arithmetic exactly, everything else by the engine. */
export class Evaluator {
  readonly #engine: ComputeEngine;
  #isReal = true;

  constructor(engine: ComputeEngine) {
    this.#engine = engine;
    engine.precision = PRECISION;
  }

  /** The value at a point; undefined where the formula has none, or it is too large to compute. */
  sample(node: Node, point: Point): Sample | undefined {
    this.#isReal = true;
    const value = this.#value(node, point);
    return value && { value, isReal: this.#isReal };
  }

  #value(node: Node, point: Point): Value | undefined {
    switch (node.kind) {
      case 'number':
        return node.value;
      case 'variable':
        return point(node.name);
      case 'constant':
        if (node.name === 'ImaginaryUnit') return { re: 0n, im: 1n, below: 1n };
        return this.#result(this.#engine.symbol(node.name).N(), 4);
      case 'operation': {
        const operands: Value[] = [];
        for (const operand of node.operands) {
          const value = this.#value(operand, point);
          if (value === undefined) return undefined;
          operands.push(value);
        }
        const result = this.#apply(node.name, operands);
        if (result && partsOf(result).im !== 0) this.#isReal = false;
        return result;
      }
      case 'series': {
        const { name, body, index, from, to } = node;
        const terms: Value[] = [];
        for (let at = from; at <= to; at++) {
          const here = coordinate(at, 1);
          const term = this.#value(body, (one) => (one === index ? here : point(one)));
          if (term === undefined) return undefined;
          terms.push(term);
        }
        return this.#apply(name, terms);
      }
      default:
        return node satisfies never;
    }
  }

  /** a − b. */
  difference(a: Value, b: Value): Value | undefined {
    return this.#add(a, this.#multiply(b, MINUS_ONE));
  }

  /** a / b; undefined where b is 0. */
  quotient(a: Value, b: Value): Value | undefined {
    return this.#apply('Divide', [a, b]);
  }

  #apply(name: string, operands: Value[]): Value | undefined {
    const [first, second] = operands;
    if (name === 'Add')
      return operands.reduce<Value | undefined>((a, b) => a && this.#add(a, b), ZERO);
    if (name === 'Multiply')
      return operands.reduce<Value | undefined>((a, b) => a && this.#multiply(a, b), ONE);
    if (!first) return undefined;
    switch (name) {
      case 'Divide':
        return second && this.#divide(first, second);
      case 'Power':
      case 'PrincipalPower':
        return second && this.#power(first, second, name === 'PrincipalPower');
      case 'Root':
        return second && this.#root(first, second);
      case 'Factorial':
        return factorial(first) ?? this.#function(name, operands);
      case 'Binomial':
        return (second && binomial(first, second)) ?? this.#function(name, operands);
      case 'GCD':
      case 'LCM':
        return second && shared(name, first, second);
      default:
        return this.#function(name, operands);
    }
  }

  #add(a: Value | undefined, b: Value | undefined): Value | undefined {
    if (!a || !b) return undefined;
    if (isExact(a) && isExact(b)) return sum(a, b);
    if (isExact(a) ? isZero(a) : isExact(b) && isZero(b)) return isExact(a) ? b : a;
    if (!isDouble(a) || !isDouble(b)) return undefined;
    const [x, y] = [this.#approximate(a), this.#approximate(b)];
    if (isLost(x, y) || isLost(y, x)) return undefined;
    return this.#result(x.number.add(y.number), x.noise + y.noise, x.weak || y.weak);
  }

  #multiply(a: Value | undefined, b: Value | undefined): Value | undefined {
    if (!a || !b) return undefined;
    if (isExact(a) && isExact(b)) return product(a, b);
    if ((isExact(a) && isZero(a)) || (isExact(b) && isZero(b))) return ZERO;
    if (!isDouble(a) || !isDouble(b)) return undefined;
    const [x, y] = [this.#approximate(a), this.#approximate(b)];
    const noise = x.noise * sizeOf(y) + y.noise * sizeOf(x);
    return this.#result(x.number.mul(y.number), noise, x.weak || y.weak);
  }

  #divide(a: Value, b: Value): Value | undefined {
    if (isExact(b)) return this.#multiply(a, inverse(b));
    if (!isDouble(a)) return undefined;
    const size = sizeOf(b);
    if (!(size > b.noise * 1e-30)) return undefined;
    const x = this.#approximate(a);
    const noise = (x.noise + (b.noise * sizeOf(x)) / size) / size;
    return this.#result(x.number.div(b.number), noise, x.weak || b.weak);
  }

  #power(base: Value, exponent: Value, isPrincipal = false): Value | undefined {
    if (isExact(exponent) && isSmallInteger(exponent)) {
      const times = Number(exponent.re);
      if (isExact(base)) return power(base, times);
      if (times === 0) return undefined;
      if (Math.abs(times) <= 64) return this.#repeated(base, times);
    }
    const bits = sizeOf(exponent) * Math.abs(Math.log2(sizeOf(base)));
    if (!(bits <= MAX_POWER_BITS)) return undefined;
    const { re, im } = partsOf(base);
    if (im !== 0 || !isExact(exponent) || exponent.im !== 0n)
      return this.#function('Power', [base, exponent], 1 + bits);
    const magnitude = re < 0 ? this.#multiply(base, MINUS_ONE) : base;
    const positive = magnitude && this.#positivePower(magnitude, exponent, 1 + bits);
    return re < 0
      ? positive && this.#multiply(positive, this.#turn(exponent, isPrincipal))
      : positive;
  }

  /** By a root where the exponent has a small denominator, which takes a tenth of the time. */
  #positivePower(base: Value, exponent: Exact, growth: number): Value | undefined {
    const { re, below } = exponent;
    if (below > 16n || re > 64n || re < -64n)
      return this.#function('Power', [base, exponent], growth);
    const degree: Exact = { re: below, im: 0n, below: 1n };
    const root =
      below === 2n ? this.#function('Sqrt', [base]) : this.#function('Root', [base, degree]);
    if (!root) return undefined;
    return isExact(root) ? power(root, Number(re)) : this.#repeated(root, Number(re));
  }

  /** (−1)^(p/q): 1 or −1 where q is odd, as for odd roots, unless the principal value is asked for. */
  #turn({ re, below }: Exact, isPrincipal: boolean): Value | undefined {
    if (!isPrincipal && below % 2n === 1n) return re % 2n === 0n ? ONE : MINUS_ONE;
    const angle = this.#multiply(
      this.#result(this.#engine.symbol('Pi').N(), 4),
      exact(re, 0n, below),
    );
    const turn = this.#multiply(angle, { re: 0n, im: 1n, below: 1n });
    return turn && this.#function('Exp', [turn]);
  }

  #repeated(base: Approximate, times: number): Value | undefined {
    let result: Value | undefined = ONE;
    for (let at = 0; at < Math.abs(times); at++) result = this.#multiply(result, base);
    return times < 0 ? result && this.#divide(ONE, result) : result;
  }

  /** An odd root of a negative number is negative. */
  #root(radicand: Value, degree: Value): Value | undefined {
    if (!isExact(degree) || !isSmallInteger(degree) || degree.re < 1n) return undefined;
    return this.#power(radicand, { re: 1n, im: 0n, below: degree.re });
  }

  #function(name: string, operands: readonly Value[], growth = 1): Value | undefined {
    if (operands.some((operand) => !isBounded(name, operand))) return undefined;
    const read = operands.map((operand) => this.#approximate(operand));
    const number = this.#engine
      .function(
        name,
        read.map((operand) => operand.number),
      )
      .N();
    if (/^(?:Power|Exp)$/.test(name) && number.re === 0 && number.im === 0) return undefined;
    const lost = Math.max(...read.map(relativeNoise), 4) * growth;
    const weak =
      read.some((operand) => operand.weak) ||
      name === 'Factorial' ||
      name === 'Binomial' ||
      (number.im !== 0 && !COMPLEX.includes(name));
    return this.#result(number, lost * Math.max(1, Math.hypot(number.re, number.im)), weak);
  }

  /** What the engine gives as a number of the machine, it gives as an integer, or with no more digits than a double. */
  #result(number: Expression, noise: number, weak = false): Value | undefined {
    const { re, im } = number;
    const size = Math.hypot(re, im);
    if (!Number.isFinite(size)) return undefined;
    if (!(noise < 1e300) || (size < TINY && !number.isSame(0))) return undefined;
    const machine = isNumber(number) && isOfMachine(number.numericValue);
    if (machine && im === 0 && Number.isSafeInteger(re)) return exact(BigInt(re), 0n, 1n);
    return { number, noise: Math.max(noise, size), weak: weak || machine };
  }

  #approximate(value: Value): Approximate {
    if (!isExact(value)) return value;
    const number = this.#engine.number([value.re, value.below]).N();
    const imaginary =
      value.im === 0n
        ? undefined
        : this.#engine
            .number([value.im, value.below])
            .N()
            .mul(this.#engine.symbol('ImaginaryUnit').N());
    return {
      number: imaginary ? number.add(imaginary) : number,
      noise: sizeOf(value),
      weak: false,
    };
  }
}

const ZERO: Exact = { re: 0n, im: 0n, below: 1n };
const ONE: Exact = { re: 1n, im: 0n, below: 1n };
const MINUS_ONE: Exact = { re: -1n, im: 0n, below: 1n };
/** The least size of what is computed; the digits of a double end soon below. */
const TINY = 1e-300;
/** Shares of a sum that are too small for it to be trusted. */
const LOST = 1e-30;
/** Functions that the engine computes with all digits for complex numbers, too. */
const COMPLEX = ['Sqrt', 'Power', 'Root', 'Ln', 'Exp', 'Abs'];

function factorial(of: Value): Exact | undefined {
  if (!isExact(of) || !isSmallInteger(of) || of.re < 0n || of.re > MAX_FACTORIAL) return undefined;
  let result = 1n;
  for (let factor = 2n; factor <= of.re; factor++) result *= factor;
  return exact(result, 0n, 1n);
}

/** The greatest common divisor or the least common multiple of two positive integers. */
function shared(name: 'GCD' | 'LCM', a: Value, b: Value): Exact | undefined {
  if (!isExact(a) || !isExact(b) || a.below * b.below !== 1n || a.im !== 0n || b.im !== 0n)
    return undefined;
  if (a.re <= 0n || b.re <= 0n) return undefined;
  const below = divisor(a.re, b.re);
  return exact(name === 'GCD' ? below : (a.re * b.re) / below, 0n, 1n);
}

/** Whether a number has no more digits than a double, or is an integer. */
function isOfMachine(value: unknown): boolean {
  return !(typeof value === 'object' && value !== null && 'bignumRe' in value && value.bignumRe);
}

/** How many subsets of `chosen` elements `of` elements have. */
function binomial(of: Value, chosen: Value): Exact | undefined {
  if (!isExact(of) || !isExact(chosen) || !isSmallInteger(of) || !isSmallInteger(chosen))
    return undefined;
  if (chosen.re < 0n || of.re < 0n) return undefined;
  const rest = of.re - chosen.re;
  const least = chosen.re < rest ? chosen.re : rest;
  if (least > MAX_FACTORIAL) return undefined;
  if (least < 0n) return ZERO;
  let result = 1n;
  for (let at = 1n; at <= least; at++) result = (result * (of.re - at + 1n)) / at;
  return exact(result, 0n, 1n);
}

/** Whether a value has the size of a double; larger exact ones are slow to compute with otherwise than exactly, smaller ones would be 0. */
function isDouble(value: Value): boolean {
  const size = sizeOf(value);
  return Number.isFinite(size) && (size >= TINY || !isExact(value) || isZero(value));
}

/** Whether a number that is more than noise is so small beside another that its digits would be lost in the sum. */
function isLost(small: Approximate, large: Approximate): boolean {
  const size = sizeOf(small);
  return size < sizeOf(large) * LOST && size > small.noise * LOST;
}

function relativeNoise(value: Approximate): number {
  const size = sizeOf(value);
  return size === 0 ? value.noise : Math.max(value.noise, value.noise / size);
}

function isBounded(name: string, operand: Value): boolean {
  const size = sizeOf(operand);
  if (!isDouble(operand)) return false;
  if (name === 'Power' || name === 'Root' || name === 'Sqrt' || name === 'Ln') return true;
  if (size !== 0 && size < LOST) return false;
  if (name === 'Factorial' || name === 'Binomial') return size <= MAX_FACTORIAL;
  if (/^(?:Exp|Sinh|Cosh|Tanh)$/.test(name)) return size <= MAX_POWER_BITS / 2;
  return size <= MAX_ANGLE;
}

/** A point's coordinate: above/below with a sign. */
export function coordinate(above: number, below: number): Exact {
  return exact(BigInt(above), 0n, BigInt(below)) ?? ZERO;
}
