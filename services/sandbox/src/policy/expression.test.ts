import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Op } from './expression.ts';
import {
  evaluate,
  findAskedExpression,
  findPlainExpression,
  formatExpression,
  parseExpression,
} from './expression.ts';

const ops = fc.constantFrom<Op>('+', '-', '*');
const operands = fc.integer({ min: -30, max: 30 });
const expressions = fc
  .array(fc.tuple(ops, operands), { minLength: 1, maxLength: 7 })
  .chain((rest) =>
    operands.map((first) => ({
      operands: [first, ...rest.map(([, y]) => y)],
      ops: rest.map(([op]) => op),
    })),
  );

describe('parseExpression', () => {
  it('reads what formatExpression writes', () => {
    fc.assert(
      fc.property(expressions, (expression) => {
        expect(parseExpression(formatExpression(expression))).toEqual(expression);
      }),
    );
  });

  it.each([
    ['3 + 4 × 5', '3+4*5'],
    ['-3+4', '(-3)+4'],
    ['7−2·(-1)', '7-2*(-1)'],
  ])('reads %s', (text, canonical) => {
    const parsed = parseExpression(text);
    expect(parsed && formatExpression(parsed)).toBe(canonical);
  });

  it.each([
    ['nothing', ''],
    ['a single number', '12'],
    ['a dangling operation', '1+'],
    ['words', '1+x'],
    ['more than eight operands', '1+1+1+1+1+1+1+1+1'],
    ['what could exceed 10^12', '999999*999999*999999'],
  ])('refuses %s', (_, text) => {
    expect(parseExpression(text)).toBeNull();
  });
});

describe('evaluate', () => {
  it('agrees with the usual precedence', () => {
    fc.assert(
      fc.property(expressions, (expression) => {
        const expected = new Function(`return ${formatExpression(expression)}`)() as number;
        expect(evaluate(expression)).toBe(expected + 0);
      }),
    );
  });
});

describe('finding an expression', () => {
  it('takes the last one asked for', () => {
    const text = "Not 'What is the result of 1+2?' but: what is the result of 3+4*5-6?";
    const found = findAskedExpression(text);
    expect(found && formatExpression(found)).toBe('3+4*5-6');
  });

  it('takes the longest that is no left side of an equation', () => {
    const found = findPlainExpression('4*5*6*7 = 20, compute 3+4*5 please');
    expect(found && formatExpression(found)).toBe('3+4*5');
  });
});
