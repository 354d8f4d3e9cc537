import type { Rule } from '../answer.ts';
import { DEBATES } from './cases-debate.ts';
import { MATHEMATICS } from './cases-mathematics.ts';
import { NUMBERS } from './cases-number.ts';
import { CHOICES, SYMBOLS_AND_OTHERS, VERBATIM, WORDS } from './cases-words.ts';

/** A response, the answer that a policy finds in it, and by which rule; both empty where it finds none. */
export type ExtractionCase = { policy: string; response: string; answer: string; rule: Rule | '' };

/** What is found in responses, under the settings of each policy. */
export const EXTRACTION_CASES: readonly ExtractionCase[] = [
  ...[...NUMBERS, ...DEBATES].map((one) => asCase('gsm', one)),
  ...MATHEMATICS.map((one) => asCase('boxed', one)),
  ...[...CHOICES, ...SYMBOLS_AND_OTHERS].map((one) => asCase('choice', one)),
  ...WORDS.map((one) => asCase('text', one)),
  ...VERBATIM.map((one) => asCase('exact', one)),
];

function asCase(
  policy: string,
  [response, answer, rule]: readonly [string, string, Rule | ''],
): ExtractionCase {
  return { policy, response, answer, rule };
}
