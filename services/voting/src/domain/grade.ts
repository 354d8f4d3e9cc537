import type { Task } from '@parley/platform';
import { type Extracted, extractReference } from './extract.ts';

/** Two texts to compare; each a whole response, a whole solution or a bare answer. */
export type Pair = { answer: string; reference: string };

/** What was extracted from both sides, and whether it is the same answer. */
export type Grade = { equal: boolean; answer: Extracted; reference: Extracted };

/** Grades an answer against a reference. A side without an answer equals nothing. */
export function grade(task: Task, pair: Pair): Grade {
  const answer = extractReference(task, pair.answer);
  const reference = extractReference(task, pair.reference);
  const equal = answer.rule !== '' && reference.rule !== '' && answer.answer === reference.answer;
  return { equal, answer, reference };
}
