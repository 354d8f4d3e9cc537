import type { Op } from './expression.ts';
import { apply } from './expression.ts';

/** The ways in which the result of one operation can come out; the first is the right one. */
export const KINDS = [
  'exact',
  'drop',
  'ten-up',
  'ten-down',
  'one-up',
  'one-down',
  'row-up',
  'row-down',
  'swap',
  'sign',
] as const;

/** What makes one operation hard, computed from its two operands alone. */
export interface Difficulty {
  /** 0 easy, 1 middling, 2 hard. */
  readonly size: 0 | 1 | 2;
  /** How much there is to carry in the first column, 0 to 1. */
  readonly carry: number;
  /** 1 when the unit digits form a hard pair of the times table (both 6 to 9), else 0. */
  readonly table: 0 | 1;
}

/** A candidate result: the index of its kind in KINDS, and its value. */
export interface Candidate {
  readonly kind: number;
  readonly value: number;
}

/** The candidate results of `x op y`, with distinct values, the exact one first. */
export function resultCandidates(x: number, op: Op, y: number): Candidate[] {
  const exact = apply(x, op, y);
  const row = op === '*' ? Math.max(Math.abs(x), Math.abs(y)) : 0;
  const values = [
    exact,
    withoutCarry(x, op, y, exact),
    exact + 10,
    exact - 10,
    exact + 1,
    exact - 1,
    exact + row,
    exact - row,
    swapLastDigits(exact),
    -exact + 0,
  ];
  const candidates: Candidate[] = [];
  values.forEach((value, kind) => {
    if (!candidates.some((known) => known.value === value)) candidates.push({ kind, value });
  });
  return candidates;
}

/** How hard `x op y` is. */
export function difficulty(x: number, op: Op, y: number): Difficulty {
  const a = Math.abs(x);
  const b = Math.abs(y);
  const units = (a % 10) * (b % 10);
  if (op === '*') {
    const size = Math.min(a, b) < 10 ? 0 : Math.max(a, b) < 20 ? 1 : 2;
    return { size, carry: Math.floor(units / 10) / 8, table: a % 10 > 5 && b % 10 > 5 ? 1 : 0 };
  }
  const adds = addsMagnitudes(x, op, y);
  const carries = adds ? (a % 10) + (b % 10) > 9 : Math.max(a, b) % 10 < Math.min(a, b) % 10;
  const large = Math.max(a, b) >= 100;
  return { size: carries ? (large ? 2 : 1) : 0, carry: carries ? 1 : 0, table: 0 };
}

function addsMagnitudes(x: number, op: Op, y: number): boolean {
  return op === '+' ? x < 0 === y < 0 : x < 0 !== y < 0;
}

/** The classic faulty procedures: a carry that is dropped, the smaller digit from the larger. */
function withoutCarry(x: number, op: Op, y: number, exact: number): number {
  const a = Math.abs(x);
  const b = Math.abs(y);
  const sign = exact < 0 ? -1 : 1;
  if (op === '*') {
    const carry = Math.floor(((a % 10) * (b % 10)) / 10);
    return sign * Math.max(0, Math.abs(exact) - carry * 10);
  }
  const adds = addsMagnitudes(x, op, y);
  let result = 0;
  for (let place = 1; place <= Math.max(a, b); place *= 10) {
    const p = Math.floor(a / place) % 10;
    const q = Math.floor(b / place) % 10;
    result += (adds ? (p + q) % 10 : Math.abs(p - q)) * place;
  }
  return sign * result + 0;
}

function swapLastDigits(value: number): number {
  const magnitude = Math.abs(value);
  const units = magnitude % 10;
  const tens = Math.floor(magnitude / 10) % 10;
  const swapped = magnitude - 10 * tens - units + 10 * units + tens;
  return (value < 0 ? -swapped : swapped) + 0;
}
