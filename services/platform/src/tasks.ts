/**
 * The kinds of problems, which decide how answers are extracted and compared. A word of the contracts: voting
 * has a policy for each, debates and problem sets carry it.
 */
export const TASKS = ['arithmetic', 'gsm8k', 'math', 'choice', 'exact', 'text'] as const;

export type Task = (typeof TASKS)[number];
