import type { EqualityCase } from '../equality/cases.ts';
import type { Settings } from '../settings.ts';
import { CONVENTION_PAIRS } from './cases-conventions.ts';
import { EXPRESSION_PAIRS } from './cases-expressions.ts';
import { STRUCTURE_RESPONSE_PAIRS } from './cases-response-structures.ts';
import { TERM_RESPONSE_PAIRS } from './cases-responses.ts';
import { STATEMENT_PAIRS } from './cases-statements.ts';
import { STRUCTURE_PAIRS } from './cases-structures.ts';

/** Pairs of one class: those that are one answer, and near misses that are not. */
export type CasePairs = {
  kind: string;
  settings?: Partial<Settings>;
  equal: readonly (readonly [string, string])[];
  different: readonly (readonly [string, string])[];
};

/** Answers that are decided by structure or by the compute engine. */
export const SYMBOLIC_CASES: readonly EqualityCase[] = [
  ...EXPRESSION_PAIRS,
  ...STRUCTURE_PAIRS,
  ...STATEMENT_PAIRS,
  ...TERM_RESPONSE_PAIRS,
  ...STRUCTURE_RESPONSE_PAIRS,
  ...CONVENTION_PAIRS,
].flatMap(({ kind, settings, equal, different }) => {
  const shared = { policy: 'boxed', kind, ...(settings && { settings }) };
  return [
    ...equal.map(([a, b]) => ({ ...shared, a, b, equal: true })),
    ...different.map(([a, b]) => ({ ...shared, a, b, equal: false })),
  ];
});
