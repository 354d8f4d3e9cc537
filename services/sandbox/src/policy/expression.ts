/** An operation of the problem class. */
export type Op = '+' | '-' | '*';

/** `operands[0] ops[0] operands[1] ops[1] …`, read with the usual precedence. */
export interface Expression {
  readonly operands: readonly number[];
  readonly ops: readonly Op[];
}

const NUMBER = '(?:\\(\\s*[-−]\\s*\\d{1,6}\\s*\\)|\\d{1,6})';
const SOURCE = `[-−]?${NUMBER}(?:\\s*[-+*×·−]\\s*${NUMBER})+`;
const ASKED = new RegExp(
  `(?:result|value) of\\s*(?:the expression\\s*)?[:$\`"'(]*\\s*(${SOURCE})`,
  'gi',
);
const PLAIN = new RegExp(`(?<![\\w.)])${SOURCE}`, 'g');
const MAX_OPERANDS = 8;
const MAX_MAGNITUDE = 1e12;

/**
 * Reads one expression: integers of up to six digits, negatives in brackets, joined by + - *.
 * Null when the text is not one, has more than 8 operands, or could exceed 10^12.
 */
export function parseExpression(text: string): Expression | null {
  const flat = text.replace(/\s+/g, '').replace(/−/g, '-').replace(/[×·]/g, '*');
  const pattern = /([-+*]?)(\(-\d+\)|\d+)/y;
  const operands: number[] = [];
  const ops: Op[] = [];
  let end = 0;
  for (let match = pattern.exec(flat); match !== null; match = pattern.exec(flat)) {
    const [, sign = '', digits = ''] = match;
    const value = Number(digits.startsWith('(') ? digits.slice(1, -1) : digits);
    if (operands.length === 0) {
      if (sign === '+' || sign === '*') return null;
      operands.push(sign === '-' ? -value : value);
    } else {
      if (sign === '') return null;
      ops.push(sign as Op);
      operands.push(value);
    }
    end = pattern.lastIndex;
  }
  if (end !== flat.length || ops.length === 0 || operands.length > MAX_OPERANDS) return null;
  const bound = operands.reduce((product, x) => product * (Math.abs(x) + 1), 1);
  return bound > MAX_MAGNITUDE ? null : { operands, ops };
}

/** The last expression that the text asks the result of, else null. */
export function findAskedExpression(text: string): Expression | null {
  let found: Expression | null = null;
  for (const match of text.matchAll(ASKED)) found = parseExpression(match[1] ?? '') ?? found;
  return found;
}

/** The longest expression of a text that is not the left side of an equation, else null. */
export function findPlainExpression(text: string): Expression | null {
  let found: Expression | null = null;
  for (const match of text.matchAll(PLAIN)) {
    if (/^\s*=\s*\(?-?\d/.test(text.slice(match.index + match[0].length))) continue;
    const parsed = parseExpression(match[0]);
    if (parsed !== null && parsed.ops.length > (found?.ops.length ?? 0)) found = parsed;
  }
  return found;
}

/** An operand as it is written inside an expression: negatives stand in brackets. */
export function formatOperand(value: number): string {
  return value < 0 ? `(${value})` : String(value);
}

/** The expression as text without spaces, as `parseExpression` reads it. */
export function formatExpression({ operands, ops }: Expression): string {
  let text = formatOperand(operands[0] ?? 0);
  for (let i = 0; i < ops.length; i++) text += `${ops[i]}${formatOperand(operands[i + 1] ?? 0)}`;
  return text;
}

/** One operation on two integers. */
export function apply(x: number, op: Op, y: number): number {
  switch (op) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      // `+ 0` turns -0 into 0, which would be written the same and compare differently.
      return x * y + 0;
    default:
      return op satisfies never;
  }
}

/** The expression with the operation at `index` replaced by `value`. */
export function reduceAt({ operands, ops }: Expression, index: number, value: number): Expression {
  return {
    operands: [...operands.slice(0, index), value, ...operands.slice(index + 2)],
    ops: [...ops.slice(0, index), ...ops.slice(index + 1)],
  };
}

/** The true value: products first, then from left to right. For checks and evaluation. */
export function evaluate(expression: Expression): number {
  let rest = expression;
  while (rest.ops.length > 0) {
    const product = rest.ops.indexOf('*');
    const at = Math.max(product, 0);
    const value = apply(rest.operands[at] ?? 0, rest.ops[at] ?? '+', rest.operands[at + 1] ?? 0);
    rest = reduceAt(rest, at, value);
  }
  return rest.operands[0] ?? 0;
}
