import type { Extraction, Verdict } from '../answer.ts';
import { extractReference } from '../extraction/extract.ts';
import type { Policy } from '../policy.ts';
import { after } from './after.ts';
import type { Equal } from './grouping.ts';

/** Two texts to compare; each a whole response, a whole solution or a bare answer. */
export type Pair = { answer: string; reference: string };

/** What was found on both sides, and whether it is one answer. */
export type Grade = Verdict & {
  answer?: Extraction;
  reference?: Extraction;
};

/**
 * Grades an answer against a reference; at once where the comparison need not be waited for. A side without an answer
 * equals nothing. Rejects with what `equal` throws.
 */
export function gradePair(policy: Policy, pair: Pair, equal: Equal): Grade | Promise<Grade> {
  const answer = extractReference(policy, pair.answer);
  const reference = extractReference(policy, pair.reference);
  const found = { ...(answer && { answer }), ...(reference && { reference }) };
  if (answer === undefined || reference === undefined)
    return { equal: false, rule: '', unknown: false, ...found };
  return after(equal(answer.answer, reference.answer), (verdict) => ({ ...verdict, ...found }));
}
