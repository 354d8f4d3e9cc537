import type { Settings } from '../settings.ts';
import { BARE_NUMBER_CASES } from './cases-numbers.ts';
import { UNIT_AND_TEXT_CASES } from './cases-units.ts';

/** Two spellings of answers under a policy, and whether they are one answer. */
export type EqualityCase = {
  /** A policy by name. */
  policy: string;
  /** What differs from the policy's own settings. */
  settings?: Partial<Settings>;
  /** The class of answers it stands for. */
  kind: string;
  a: string;
  b: string;
  equal: boolean;
};

/** Answers that are decided as text or as exact numbers, both sides of every class. */
export const NUMBER_CASES: readonly EqualityCase[] = [...BARE_NUMBER_CASES, ...UNIT_AND_TEXT_CASES];
