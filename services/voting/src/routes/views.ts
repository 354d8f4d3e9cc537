import type { Extraction } from '../domain/answer.ts';
import type { Grade } from '../domain/vote/grade.ts';
import type { Vote } from '../domain/vote/vote.ts';

/** A vote as REST shows it. */
export function voteView({ extractions, ...vote }: Vote) {
  return {
    ...vote,
    extractions: extractions.map(({ agent, extraction }) => ({
      agent,
      ...(extraction === undefined ? NO_ANSWER : extractionView(extraction)),
    })),
  };
}

/** A grade as REST shows it; null for a side without an answer. */
export function gradeView({ equal, rule, unknown, answer, reference }: Grade) {
  return { equal, rule, unknown, answer: sideView(answer), reference: sideView(reference) };
}

/** An extraction as REST shows it. */
export function extractionView({ answer, rule, from, to }: Extraction) {
  return { answer: answer.text, rule, from, to };
}

const NO_ANSWER = { answer: '', rule: '', from: 0, to: 0 };

function sideView(side: Extraction | undefined) {
  return side === undefined
    ? null
    : { text: side.answer.text, rule: side.rule, from: side.from, to: side.to };
}
