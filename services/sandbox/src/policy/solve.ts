import { difficulty, KINDS, resultCandidates } from './candidates.ts';
import type { SeenStep } from './conversation.ts';
import type { Expression, Op } from './expression.ts';
import { formatExpression, formatOperand, reduceAt } from './expression.ts';
import { order, result, voice as voices } from './parameters.ts';
import type { Pen } from './pen.ts';

/** What colours the steps of one answer. */
export interface Manner {
  /** Index of the manner of writing. */
  readonly voice: number;
  /** A second look: slips weigh less by their own parameters. */
  readonly careful: boolean;
  readonly hint: number | null;
  readonly ownSteps: readonly SeenStep[];
  readonly otherSteps: readonly SeenStep[];
  /** How many other agents spoke. */
  readonly others: number;
}

const DROP = KINDS.indexOf('drop');
const ROWS: readonly number[] = [KINDS.indexOf('row-up'), KINDS.indexOf('row-down')];
const LEADS = ['Step', 'Step', 'Operation', 'Line'] as const;
const BRIDGES = [', leaving ', '; now ', ', so we have ', ' -> '] as const;

/** Draws the manner of writing: one of the given openings, at the start of a line. */
export function chooseVoice(pen: Pen, openings: readonly string[]): number {
  pen.set.reset();
  for (let i = 0; i < openings.length; i++) {
    pen.set.candidate();
    pen.set.feature(voices[i] as number);
  }
  return pen.choose((i) => openings[i] as string);
}

/** Writes the reduction of an expression, one operation a line, and the boxed result. */
export function writeSteps(pen: Pen, expression: Expression, manner: Manner): void {
  let rest = expression;
  for (let step = 1; rest.ops.length > 0; step++) {
    pen.fixed(`${LEADS[manner.voice]} ${step}:`);
    const at = chooseOperation(pen, rest, manner);
    if (at < 0) return;
    const value = chooseResult(pen, rest, at, manner);
    if (value === null) return;
    rest = reduceAt(rest, at, value);
    const more = rest.ops.length > 0;
    pen.fixed(more ? `${BRIDGES[manner.voice]}${formatExpression(rest)}.\n` : '.\n');
  }
  pen.fixed(boxed(rest.operands[0] ?? 0));
}

/** The line that ends every answer. */
export function boxed(answer: number): string {
  return `The final answer is \\boxed{${answer}}.`;
}

/**
 * Chooses which operation is done next. Of operations that read alike only the first is a
 * candidate, so that the text names its choice.
 */
function chooseOperation(pen: Pen, { operands, ops }: Expression, manner: Manner): number {
  const { set } = pen;
  const spans: string[] = [];
  const indices: number[] = [];
  set.reset();
  for (let i = 0; i < ops.length; i++) {
    const span = ` ${operationText(operands, ops, i)} =`;
    if (spans.includes(span)) continue;
    spans.push(span);
    indices.push(i);
    set.candidate();
    const x = operands[i] as number;
    const y = operands[i + 1] as number;
    const product = ops[i] === '*';
    if (product) set.feature(order.product);
    if (i === 0) set.feature(order.first);
    if (i === ops.length - 1) set.feature(order.last);
    if (Math.abs(x) < 10 && Math.abs(y) < 10) set.feature(order.small);
    const precedence = !product && (ops[i - 1] === '*' || ops[i + 1] === '*');
    const minus = ops[i - 1] === '-' && !product && !precedence;
    if (!precedence && !minus) continue;
    set.feature(precedence ? order.precedence : order.minus);
    if (precedence && i === 0) set.feature(order.precedenceFirst);
    set.feature(order.voice[manner.voice] as number);
    if (manner.careful) set.feature(precedence ? order.carefulPrecedence : order.carefulMinus);
  }
  const chosen = pen.choose((i) => spans[i] as string);
  return chosen < 0 ? -1 : (indices[chosen] as number);
}

function operationText(operands: readonly number[], ops: readonly Op[], at: number): string {
  return `${formatOperand(operands[at] ?? 0)}${ops[at]}${formatOperand(operands[at + 1] ?? 0)}`;
}

function chooseResult(
  pen: Pen,
  { operands, ops }: Expression,
  at: number,
  manner: Manner,
): number | null {
  const { set } = pen;
  const x = operands[at] as number;
  const op = ops[at] as Op;
  const y = operands[at + 1] as number;
  const candidates = resultCandidates(x, op, y);
  const { size, carry, table } = difficulty(x, op, y);
  const reduced = manner.careful || manner.others > 0 ? operationText(operands, ops, at) : '';
  const own = manner.ownSteps.filter((step) => step.operation === reduced);
  const others = manner.otherSteps.filter((step) => step.operation === reduced);
  const disputed = [...own, ...others].some(({ value }, _, all) => value !== all[0]?.value);
  const hinted = ops.length === 1 ? manner.hint : null;
  set.reset();
  for (const { kind, value } of candidates) {
    set.candidate();
    set.feature(result.kind[op][kind]?.[size] as number);
    if (kind === 0) {
      set.feature(result.exact);
      set.feature(result.voice[op][manner.voice] as number);
      if (manner.careful) set.feature(result.careful);
      if (disputed) set.feature(result.disputed);
    } else if (kind === DROP) {
      set.feature(result.drop[op], carry);
      if (manner.careful) set.feature(result.carefulDrop);
    } else if (ROWS.includes(kind)) set.feature(result.table, table);
    const seen = others.find((step) => step.value === value);
    if (seen !== undefined) set.feature(result.seenOthers, Math.min(1, seen.count / manner.others));
    if (own.some((step) => step.value === value)) set.feature(result.seenOwn);
    if (hinted === value) set.feature(result.hint);
  }
  const chosen = pen.choose((i) => ` ${candidates[i]?.value}`);
  return chosen < 0 ? null : (candidates[chosen]?.value ?? null);
}
