import type { Answer, Extraction } from '../answer.ts';
import { extractAnswer, extractReference } from '../extraction/extract.ts';
import { byText } from './order.ts';
import type { Ballot, VoteRequest } from './vote.ts';

/** A ballot with the answers that were found in it, the best first; none where it has no answer. */
export type Reading = { ballot: Ballot; answers: Extraction[] };

/** One answer among the ballots, spellings that only equality can tell apart from others kept apart. */
export type Named = {
  answer: Answer;
  /** How often the ballots name it. */
  times: number;
  /** Where it is named first, counted over all answers in the order of the ballots. */
  first: number;
};

/** A ballot read by the policy of its vote. Only the method `borda` takes more than one answer of it. */
export function readBallot(
  { policy, method }: Pick<VoteRequest, 'policy' | 'method'>,
  ballot: Ballot,
): Reading {
  if (ballot.ranking === undefined || ballot.ranking.length === 0) {
    const found = extractAnswer(policy, ballot.response);
    return { ballot, answers: found === undefined ? [] : [found] };
  }
  const answers: Extraction[] = [];
  for (const text of ballot.ranking) {
    const found = extractReference(policy, text);
    if (found !== undefined) answers.push(found);
    if (found !== undefined && method !== 'borda') break;
  }
  return { ballot, answers };
}

/** The distinct answers: those that most ballots name first, of several the smallest text. */
export function distinctAnswers(readings: readonly Reading[]): Named[] {
  const named = new Map<string, Named>();
  let first = 0;
  for (const { answers } of readings) {
    for (const { answer } of answers) {
      const key = keyOf(answer);
      const known = named.get(key);
      if (known === undefined) named.set(key, { answer, times: 1, first });
      else known.times++;
      first++;
    }
  }
  return [...named.values()].sort(
    (a, b) => b.times - a.times || byText(keyOf(a.answer), keyOf(b.answer)),
  );
}

/** Answers of one key are one answer, without a comparison. */
export function keyOf({ text, unit }: Answer): string {
  return unit === undefined ? text : `${text}\0${unit}`;
}
