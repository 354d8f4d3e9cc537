import { KINDS } from './candidates.ts';
import type { Op } from './expression.ts';

const names: string[] = [];
const base: number[] = [];

function parameter(name: string, value: number): number {
  names.push(name);
  base.push(value);
  return names.length - 1;
}

const OPS: readonly Op[] = ['+', '-', '*'];

/** Weights of each kind of slip by size of the operation; an exact result weighs 0. */
const SLIPS: Record<Op, Record<string, readonly [number, number, number]>> = {
  '+': {
    drop: [-9, -3, -2.2],
    'ten-up': [-6.5, -5, -4.5],
    'ten-down': [-6, -4, -3.2],
    'one-up': [-6, -5, -5],
    'one-down': [-6, -5, -5],
    swap: [-7, -7, -7],
    sign: [-7, -6, -5],
  },
  '-': {
    drop: [-9, -2.8, -2.1],
    'ten-up': [-6, -3.8, -3],
    'ten-down': [-6.5, -5, -4.5],
    'one-up': [-6, -5, -5],
    'one-down': [-6, -5, -5],
    swap: [-7, -7, -7],
    sign: [-4.5, -3, -2.4],
  },
  '*': {
    drop: [-5, -3.4, -2.8],
    'ten-up': [-6, -5.2, -4.6],
    'ten-down': [-5.5, -4.8, -4.2],
    'one-up': [-7, -6.5, -6],
    'one-down': [-7, -6.5, -6],
    'row-up': [-5, -4, -3.2],
    'row-down': [-5, -3.6, -2.8],
    swap: [-7, -6.5, -6],
    sign: [-6, -6, -6],
  },
};

/** How much likelier an exact result is in each manner of writing. */
const SKILLS: Record<Op, readonly number[]> = {
  '+': [0.2, 0, 0.1, -0.2],
  '-': [0, 0.2, -0.1, 0.1],
  '*': [0, -0.3, 0.3, 0.1],
};

/** Parameters of the manner of writing. */
export const voice = [0.5, 0.3, 0, -0.2].map((value, i) => parameter(`voice.${i}`, value));

/** Parameters of the choice of the operation that is done next. */
export const order = {
  product: parameter('order.product', 0.4),
  first: parameter('order.first', 0.8),
  last: parameter('order.last', -0.6),
  small: parameter('order.small', 0.2),
  precedence: parameter('order.precedence', -3.9),
  precedenceFirst: parameter('order.precedence.first', 1.1),
  minus: parameter('order.minus', -2.4),
  carefulPrecedence: parameter('order.precedence.careful', -1),
  carefulMinus: parameter('order.minus.careful', -1),
  voice: [0.2, -0.3, 0.5, 0].map((value, i) => parameter(`order.slip.voice.${i}`, value)),
};

/** Parameters of the result of one operation, `[op][kind][size]` and those shared. */
export const result = {
  kind: Object.fromEntries(
    OPS.map((op) => [
      op,
      KINDS.map((kind) =>
        [0, 1, 2].map((size) =>
          parameter(
            `result.${op}.${kind}.${size}`,
            SLIPS[op][kind]?.[size] ?? (kind === 'exact' ? 0 : -8),
          ),
        ),
      ),
    ]),
  ) as Record<Op, number[][]>,
  exact: parameter('result.exact', 0),
  drop: Object.fromEntries(
    OPS.map((op) => [op, parameter(`result.${op}.drop.carry`, op === '*' ? 5.4 : 0)]),
  ) as Record<Op, number>,
  table: parameter('result.*.row.table', 1.8),
  voice: Object.fromEntries(
    OPS.map((op) => [
      op,
      SKILLS[op].map((value, i) => parameter(`result.${op}.exact.voice.${i}`, value)),
    ]),
  ) as Record<Op, number[]>,
  careful: parameter('result.exact.careful', 0.5),
  carefulDrop: parameter('result.drop.careful', -1.2),
  seenOthers: parameter('result.seen.others', 0.9),
  seenOwn: parameter('result.seen.own', 0.7),
  disputed: parameter('result.exact.disputed', 0.7),
  hint: parameter('result.hint', 2.5),
};

/** Parameters of a critic's check of an answer and of its decision. */
export const critic = {
  checkRight: parameter('check.right', 1.2),
  checkRightSize: parameter('check.right.size', -0.4),
  checkPass: parameter('check.pass', 0.2),
  checkPassOwn: parameter('check.pass.own', 0.3),
  keep: parameter('decide.keep', 0.6),
  adopt: parameter('decide.adopt', 0),
  recompute: parameter('decide.recompute', 0),
  support: parameter('decide.support', 1),
  unanimous: parameter('decide.unanimous', 0.6),
  passed: parameter('decide.passed', 0.6),
  failed: parameter('decide.failed', -0.6),
  recomputeDispute: parameter('decide.recompute.dispute', 0.6),
  recomputeFailed: parameter('decide.recompute.none-passed', 0.5),
};

/** The name of every parameter, in the order of the vector. */
export const PARAMETER_NAMES: readonly string[] = names;

/** The untrained parameters. Copy before changing. */
export function baseParameters(): Float64Array {
  return Float64Array.from(base);
}
