import { TASKS, type Task } from '@parley/platform';

/** How a response says its final answer; `whole` is a response that is nothing but the answer. */
export type Rule = Mark | 'last-number' | 'whole';

/** Ways in which a response marks its final answer. */
export type Mark = 'boxed' | 'hashes' | 'phrase';

/** The extraction rules of every task; the first that gives an answer is taken. */
export const RULES: Readonly<Record<Task, readonly Rule[]>> = {
  arithmetic: ['boxed', 'hashes', 'phrase', 'last-number'],
  gsm8k: ['boxed', 'hashes', 'phrase', 'last-number'],
  math: ['boxed', 'hashes', 'phrase', 'whole', 'last-number'],
  text: ['boxed', 'phrase'],
};

/** Whether an answer of the task must be a number. */
export function isNumeric(task: Task): boolean {
  return task === 'arithmetic' || task === 'gsm8k';
}

/** Characters of a final answer; anything longer is no answer. Bounds the work on hostile input. */
export const MAX_ANSWER = 1024;

/** Characters of a final answer that is no number, and of a line that may be one. */
export const MAX_LINE = 256;

export function isTask(text: string): text is Task {
  return (TASKS as readonly string[]).includes(text);
}
