import type { ComputeEngine } from '@cortex-js/compute-engine';
import { type Exact, exactOf, toDouble } from './exact.ts';
import { latexOf } from './latex.ts';

/** What a formula is made of: numbers, constants, variables, and operators of the engine on formulas. */
export type Node =
  | { kind: 'number'; value: Exact }
  | { kind: 'constant'; name: 'Pi' | 'ExponentialE' | 'ImaginaryUnit' }
  | { kind: 'variable'; name: string }
  | { kind: 'operation'; name: string; operands: Node[] }
  /** The sum or the product of what the body is worth for every integer from `from` to `to`. */
  | {
      kind: 'series';
      name: 'Add' | 'Multiply';
      body: Node;
      index: string;
      from: number;
      to: number;
    };

/** An expression as it is evaluated, and what its evaluation has to mind. */
export type Formula = {
  root: Node;
  variables: ReadonlySet<string>;
  /** It has absolute values, roots, rounding, …: its branches change with the size of the variables. */
  branches: boolean;
  /** The variables in its factorials and binomials, which stand for integers. */
  integers: ReadonlySet<string>;
  /** The most significant digits of a number in it. */
  digits: number;
  /** It has absolute values of variables: it says for itself where signs do not matter. */
  absolutes: boolean;
  /** It has the imaginary unit: its variables are not bound to give real values. */
  imaginary: boolean;
  /** How far from 0 its branches may lie, at most: a product of the sizes of the numbers in them. */
  reach: number;
};

/** The name of the letter that a sum is taken over; no variable has it. */
const INDEX = 'index';
/** Terms of a sum or factors of a product. */
const MAX_TERMS = 1000;
/** The base of a logarithm that gives none; a variable, as texts mean 10, e or 2 by it. */
export const LOG_BASE = 'log base';
/** Parts of a formula; more are refused. */
const MAX_NODES = 400;
const GREEK = [
  ...[
    'alpha',
    'beta',
    'gamma',
    'delta',
    'epsilon',
    'varepsilon',
    'zeta',
    'eta',
    'theta',
    'vartheta',
  ],
  ...[
    'iota',
    'kappa',
    'lambda',
    'mu',
    'nu',
    'xi',
    'rho',
    'sigma',
    'tau',
    'upsilon',
    'phi',
    'varphi',
  ],
  ...[
    'chi',
    'psi',
    'omega',
    'Gamma',
    'Delta',
    'Theta',
    'Lambda',
    'Xi',
    'Sigma',
    'Phi',
    'Psi',
    'Omega',
  ],
  ...['ell', 'epsilonSymbol', 'phiSymbol', 'thetaSymbol', 'sigmaSymbol', 'Zeta'],
];
const VARIABLE = new RegExp(`^(?:[A-Za-z]|${GREEK.join('|')})(?:_[A-Za-z0-9]+)?$`);
/** Letters that a bracket makes a function rather than a factor. */
const FUNCTION = new RegExp(`^(?:[fghA-Z]|(?!Pi$)(?:${GREEK.join('|')}))$`);
const CONSTANTS: Readonly<Record<string, 'Pi' | 'ExponentialE' | 'ImaginaryUnit'>> = {
  Pi: 'Pi',
  ExponentialE: 'ExponentialE',
  e: 'ExponentialE',
  ImaginaryUnit: 'ImaginaryUnit',
  i: 'ImaginaryUnit',
};
const BRANCHING = ['Abs', 'Floor', 'Ceil', 'Max', 'Min', 'Mod', 'Root', 'Sqrt', 'Ln', 'Log', 'Lb'];
const UNARY = [
  ...['Sqrt', 'Abs', 'Floor', 'Ceil', 'Factorial', 'Ln', 'Exp', 'Sin', 'Cos', 'Tan', 'Cot', 'Sec'],
  ...['Csc', 'Arcsin', 'Arccos', 'Arctan', 'Arccot', 'Sinh', 'Cosh', 'Tanh', 'Arsinh', 'Arcosh'],
  ...['Artanh'],
];

/** What the engine's parser gives before it canonicalises: MathJSON. */
type Json = number | string | { num: string } | readonly Json[];

/** The formula that a text spells, by the engine's parser; undefined when it is none, or has what is not evaluated. */
export function formulaOf(engine: ComputeEngine, text: string): Formula | undefined {
  const latex = latexOf(text);
  if (latex === undefined || latex === '') return undefined;
  const reader = new Reader();
  const root = reader.node(engine.parse(latex, { form: 'raw' }).json as Json, 0);
  return root && { root, ...reader.found };
}

class Reader {
  readonly found = {
    variables: new Set<string>(),
    branches: false,
    integers: new Set<string>(),
    absolutes: false,
    imaginary: false,
    digits: 0,
    reach: 0,
  };
  #nodes = 0;
  /** The letter that a sum is taken over, while its terms are read. */
  #index: string | undefined;

  node(json: Json, depth: number): Node | undefined {
    if (++this.#nodes > MAX_NODES || depth > 60) return undefined;
    if (typeof json === 'number') return this.#number(String(json));
    if (typeof json === 'string') return this.#symbol(json);
    if ('num' in json) return this.#number(json.num);
    const [name, ...operands] = json;
    return typeof name === 'string' ? this.#operation(name, operands, depth + 1) : undefined;
  }

  #number(literal: string): Node | undefined {
    const value = exactOf(literal);
    if (!value) return undefined;
    const digits = literal.replace(/[eE].*$/, '').replace(/^[-0.]+|\./g, '');
    if (literal.includes('.')) this.found.digits = Math.max(this.found.digits, digits.length);
    return { kind: 'number', value };
  }

  #symbol(name: string): Node | undefined {
    if (name === this.#index) return { kind: 'variable', name: INDEX };
    if (this.#index !== undefined && name.includes('_')) return undefined;
    const constant = Object.hasOwn(CONSTANTS, name) ? CONSTANTS[name] : undefined;
    if (constant === 'ImaginaryUnit') this.found.imaginary = true;
    if (constant) return { kind: 'constant', name: constant };
    return VARIABLE.test(name) ? this.#variable(name) : undefined;
  }

  #variable(name: string): Node {
    this.found.variables.add(name);
    return { kind: 'variable', name };
  }

  #operation(name: string, operands: readonly Json[], depth: number): Node | undefined {
    if (name === 'InvisibleOperator') return this.#juxtaposed(operands, depth);
    if (name === 'Apply') return this.#inverseFunction(operands, depth);
    if (name === 'Norm') return this.#operation('Abs', operands, depth);
    if (name === 'Determinant') return this.#determinant(operands[0], depth);
    if (name === 'Sum' || name === 'Product') return this.#series(name, operands, depth);
    if (['Add', 'Subtract'].includes(name) && operands.slice(0, -1).some(endsInSeries))
      return undefined;
    const read = this.#all(operands, depth);
    if (!read) return undefined;
    const [first, second] = read;
    if (BRANCHING.includes(name) || name.startsWith('Ar')) this.#branch(read);
    if (name === 'Factorial' || name === 'Binomial') this.#count(read);
    if (name === 'Binomial') this.#branch(read);
    if (!first) return undefined;
    if (name === 'Abs' && !isConstant(first)) this.found.absolutes = true;
    if (name === 'Conjugate') return this.found.imaginary ? conjugated(first) : undefined;
    if (name === 'Delimiter') return read.length === 1 ? first : undefined;
    if (name === 'Negate') return operation('Multiply', [integer(-1n), first]);
    if (name === 'Degrees')
      return operation('Divide', [
        operation('Multiply', [first, { kind: 'constant', name: 'Pi' }]),
        integer(180n),
      ]);
    if (name === 'Lb') return logarithm(first, integer(2n));
    if (name === 'Log') return logarithm(first, this.#base(operands[1], second));
    if (UNARY.includes(name)) return read.length === 1 ? operation(name, [first]) : undefined;
    if (['Add', 'Multiply', 'Max', 'Min'].includes(name)) return operation(name, read);
    if (!second || read.length !== 2) return undefined;
    if (name === 'Subtract')
      return operation('Add', [first, operation('Multiply', [integer(-1n), second])]);
    if (name === 'Power' && !isInteger(second)) this.#branch([first]);
    if (name === 'Power' && isAlternating(first, second)) this.#count([second]);
    if (name === 'Power' && !isConstant(second)) return operation('PrincipalPower', read);
    if (name === 'Rational') return operation('Divide', read);
    return ['Divide', 'Power', 'Root', 'Binomial', 'Mod', 'GCD', 'LCM'].includes(name)
      ? operation(name, read)
      : undefined;
  }

  /** Notes that a function has branches, by where its operands may change their sign. */
  #branch(operands: readonly Node[]): void {
    if (operands.every(isConstant)) return;
    this.found.branches = true;
    this.found.reach = Math.max(this.found.reach, ...operands.map(reachOf));
  }

  /** Notes that the variables of operands stand for integers. */
  #count(operands: readonly Node[]): void {
    for (const name of operands.flatMap(variablesOf)) this.found.integers.add(name);
  }

  /** `\lg` stands for a `\log` without a base; the engine leaves the base 10 of `\log_{10}` out. */
  #base(json: Json | undefined, base: Node | undefined): Node {
    if (json === 10) return this.#variable(LOG_BASE);
    return base ?? integer(10n);
  }

  #all(operands: readonly Json[], depth: number): Node[] | undefined {
    const read = operands.map((operand) => this.node(operand, depth));
    return read.every((one) => one !== undefined) ? read : undefined;
  }

  /** A product without a sign: `2x`; also `2\frac{1}{2}`, which is a sum, and `f(x)`, which is neither. */
  #juxtaposed(operands: readonly Json[], depth: number): Node | undefined {
    const factors: Node[] = [];
    for (let at = 0; at < operands.length; at++) {
      const [one, next] = [operands[at], operands[at + 1]];
      if (one === undefined) return undefined;
      const isCall =
        Array.isArray(next) &&
        next[0] === 'Delimiter' &&
        (isFunctionName(one) || (isLetter(one) && !Array.isArray(next[1])));
      if (isCall && (typeof one !== 'string' || this.#index !== undefined)) return undefined;
      const [sign, whole] = Array.isArray(one) && one[0] === 'Negate' ? [-1n, one[1]] : [1n, one];
      const mixed = mixedNumber(whole, next);
      if (mixed === 'ambiguous') return undefined;
      const factor = isCall
        ? this.#variable(`${one}${JSON.stringify(next)}`)
        : this.node(mixed ? ['Add', whole, next as Json] : one, depth);
      if (!factor) return undefined;
      if (isCall || mixed) at++;
      factors.push(mixed && sign < 0n ? operation('Multiply', [integer(sign), factor]) : factor);
    }
    return factors.length > 0 ? operation('Multiply', factors) : undefined;
  }

  /** `\sum_{k=1}^{10} k`, between numbers; sums of sums are not read, nor `\prod k\cdot 2`, which is read in two ways. */
  #series(
    name: 'Sum' | 'Product',
    [body, range]: readonly Json[],
    depth: number,
  ): Node | undefined {
    const [, index, from, to] = Array.isArray(range) ? range : [];
    if (body === undefined || typeof index !== 'string' || this.#index !== undefined)
      return undefined;
    if (typeof from !== 'number' || typeof to !== 'number' || !(to - from < MAX_TERMS))
      return undefined;
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) return undefined;
    if (name === 'Product' && Array.isArray(body) && body[0] === 'Multiply') return undefined;
    this.#index = index;
    const term = this.node(body, depth);
    this.#index = undefined;
    const operator = name === 'Sum' ? 'Add' : 'Multiply';
    return term && { kind: 'series', name: operator, body: term, index: INDEX, from, to };
  }

  #inverseFunction(operands: readonly Json[], depth: number): Node | undefined {
    const [applied, argument] = operands;
    if (!Array.isArray(applied) || applied[0] !== 'InverseFunction' || argument === undefined)
      return undefined;
    return this.#operation(`Arc${String(applied[1]).toLowerCase()}`, [argument], depth);
  }

  #determinant(matrix: Json | undefined, depth: number): Node | undefined {
    if (!Array.isArray(matrix) || matrix[0] !== 'Matrix' || !Array.isArray(matrix[1]))
      return undefined;
    const rows = matrix[1]
      .slice(1)
      .map((row: Json) =>
        Array.isArray(row) ? this.#all(row.slice(1) as Json[], depth) : undefined,
      );
    if (rows.length > 4 || rows.some((row) => row?.length !== rows.length)) return undefined;
    return determinant(rows as Node[][]);
  }
}

function determinant(rows: readonly Node[][]): Node {
  const [top = [], ...rest] = rows;
  if (rest.length === 0 && top[0]) return top[0];
  const terms = top.map((entry, column) =>
    operation('Multiply', [
      integer(column % 2 === 0 ? 1n : -1n),
      entry,
      determinant(rest.map((row) => row.filter((_, at) => at !== column))),
    ]),
  );
  return operation('Add', terms);
}

/** Whether a sum goes on to the end of a term: what is added behind it may be a part of it. */
function endsInSeries(json: Json): boolean {
  if (!Array.isArray(json)) return false;
  if (json[0] === 'Sum' || json[0] === 'Product') return true;
  const isProduct = ['InvisibleOperator', 'Multiply', 'Negate', 'Add', 'Subtract'].includes(
    json[0],
  );
  return isProduct && endsInSeries(json.at(-1) ?? 0);
}

/** `y(2)` is a value of y; `y(x+2)` is a product. */
function isLetter(json: Json): boolean {
  return typeof json === 'string' && /^[a-df-hj-z]$/.test(json);
}

function isFunctionName(json: Json): boolean {
  const name = Array.isArray(json) && json[0] === 'Power' ? json[1] : json;
  return typeof name === 'string' && FUNCTION.test(name);
}

function mixedNumber(one: Json, next: Json | undefined): boolean | 'ambiguous' {
  if (typeof one !== 'number' || !Array.isArray(next) || next[0] !== 'Divide') return false;
  const [, above, below] = next;
  if (typeof above !== 'number' || typeof below !== 'number') return false;
  return Number.isInteger(one) && above < below ? true : 'ambiguous';
}

/** `(-1)^n`: a negative number to a power that varies, which is meant for integers. */
function isAlternating(base: Node, exponent: Node): boolean {
  const [sign] = base.kind === 'operation' ? base.operands : [base];
  const isNegative = sign?.kind === 'number' && sign.value.re < 0n;
  return isNegative && isConstant(base) && !isConstant(exponent);
}

function reachOf(node: Node): number {
  if (node.kind === 'number') {
    const size = Math.abs(toDouble(node.value.re, node.value.below));
    return size === 0 ? 1 : Math.max(size, 1 / size);
  }
  if (node.kind === 'series' || (node.kind === 'variable' && node.name === INDEX))
    return Number.POSITIVE_INFINITY;
  if (node.kind !== 'operation') return node.kind === 'constant' ? 4 : 1;
  const reaches = node.operands.map(reachOf);
  const [first = 1, second = 1] = reaches;
  if (node.name === 'Add') return reaches.reduce((a, b) => a + b, 0);
  if (node.name === 'Exp') return Math.exp(first);
  if (node.name.endsWith('Power')) return first ** second;
  return reaches.reduce((a, b) => a * b, 1);
}

function isInteger(node: Node): boolean {
  if (node.kind === 'operation') return node.name === 'Multiply' && node.operands.every(isInteger);
  return node.kind === 'number' && node.value.below === 1n;
}

/** The complex conjugate of a formula in real variables; undefined where it has more than rational operators and roots of positive numbers. */
function conjugated(node: Node): Node | undefined {
  if (node.kind === 'series') return undefined;
  if (node.kind !== 'operation')
    return node.kind === 'constant' && node.name === 'ImaginaryUnit'
      ? operation('Multiply', [integer(-1n), node])
      : node;
  const [of] = node.operands;
  if (node.name === 'Sqrt') return of?.kind === 'number' && of.value.re >= 0n ? node : undefined;
  if (!['Add', 'Multiply', 'Divide'].includes(node.name)) return undefined;
  const operands = node.operands.map(conjugated);
  return operands.every((one) => one !== undefined) ? operation(node.name, operands) : undefined;
}

function variablesOf(node: Node): string[] {
  if (node.kind === 'operation') return node.operands.flatMap(variablesOf);
  if (node.kind === 'series') return variablesOf(node.body);
  return node.kind === 'variable' && node.name !== INDEX ? [node.name] : [];
}

/** Whether it has no variables. */
export function isConstant(node: Node): boolean {
  if (node.kind === 'operation') return node.operands.every(isConstant);
  if (node.kind === 'series') return isConstant(node.body);
  return node.kind !== 'variable';
}

function logarithm(argument: Node, base: Node): Node {
  return operation('Divide', [operation('Ln', [argument]), operation('Ln', [base])]);
}

function operation(name: string, operands: Node[]): Node {
  return { kind: 'operation', name, operands };
}

function integer(value: bigint): Node {
  return { kind: 'number', value: { re: value, im: 0n, below: 1n } };
}
