import type { Task } from '@parley/platform';
import { canonicalAnswer, isCanonicalNumber } from './equal.ts';
import { blanked, type Marked, marked } from './marks.ts';
import { lastNumber } from './number.ts';
import { isNumeric, MAX_ANSWER, MAX_LINE, RULES, type Rule } from './task.ts';

/** A final answer in canonical form and the rule that found it; both empty when there is none. */
export type Extracted = { answer: string; rule: Rule | '' };

const NONE: Extracted = { answer: '', rule: '' };
/** Readings of an answer that holds answers itself, as a box around "the answer is 5" does. */
const MAX_READINGS = 4;

/**
 * The final answer of a response, by the first of the task's rules that gives one. Time is linear in the
 * response, whatever it holds.
 */
export function extractAnswer(task: Task, response: string): Extracted {
  return settled(task, read(task, response, false));
}

/**
 * As `extractAnswer`, for a text that may also be a bare answer: a reference, or what a vote gave. Where
 * `extractAnswer` finds an answer in a response, this finds the same, and in that answer it finds itself.
 */
export function extractReference(task: Task, text: string): Extracted {
  return settled(task, read(task, text, true));
}

function read(task: Task, text: string, isBare: boolean): Extracted {
  let rest = text;
  for (const rule of RULES[task]) {
    if (rule === 'whole' || rule === 'last-number') {
      const answer = rule === 'whole' ? whole(task, rest) : numberIn(task, rest);
      if (answer !== undefined) return { answer, rule };
      continue;
    }
    const refused: Marked[] = [];
    for (const candidate of marked(rule, rest)) {
      const answer = accepted(task, candidate.text);
      if (answer !== undefined) return { answer, rule };
      if (rule === 'boxed' || isExpression(candidate.text)) refused.push(candidate);
    }
    rest = blanked(rest, refused);
  }
  const answer = isBare && !isNumeric(task) ? accepted(task, rest.trim()) : undefined;
  return answer === undefined ? NONE : { answer, rule: 'whole' };
}

/** An extraction whose answer, read as a bare answer, is itself. */
function settled(task: Task, found: Extracted): Extracted {
  if (found.rule === '' || isNumeric(task)) return found;
  let { answer } = found;
  for (let reading = 0; reading < MAX_READINGS; reading++) {
    const next = read(task, answer, true);
    if (next.rule === '') return NONE;
    if (next.answer === answer) return { answer, rule: found.rule };
    answer = next.answer;
  }
  return NONE;
}

function accepted(task: Task, candidate: string): string | undefined {
  if (candidate.length > MAX_ANSWER) return undefined;
  const answer = canonicalAnswer(task, candidate);
  if (answer === '') return undefined;
  return isCanonicalNumber(answer) || (!isNumeric(task) && answer.length <= MAX_LINE)
    ? answer
    : undefined;
}

/** A response that is nothing but an answer: one short line with at most one word outside LaTeX, or one that says a number. */
function whole(task: Task, response: string): string | undefined {
  if (!isLine(response)) return undefined;
  const text = response.trim();
  const answer = accepted(task, text);
  if (answer === undefined || isCanonicalNumber(answer)) return answer;
  const words = withoutCommands(text.replace(/\\text ?\{[^{}]*\}/g, ' ')).match(/[\p{L}']{2,}/gu);
  return (words?.length ?? 0) > 1 ? undefined : answer;
}

/** Ends as a sentence does; an answer in canonical form never does. */
const SENTENCE = /[.!?]["')*]*$/;

/**
 * The last number; where answers may be words, not that of a short line, unless it is a sentence: "2 red and
 * 3 blue" is not 3, but "She has 5 apples left." is 5.
 */
function numberIn(task: Task, response: string): string | undefined {
  if (!isNumeric(task) && isLine(response) && !SENTENCE.test(response.trim().slice(-4)))
    return undefined;
  const number = lastNumber(response);
  return number === undefined ? undefined : accepted(task, number);
}

function isLine(text: string): boolean {
  if (text.length > 2 * MAX_LINE) return false;
  const line = text.trim();
  return line.length <= MAX_LINE && !line.includes('\n');
}

/** Whether a text has no words: a number in it is a part of it and not what the response says. */
function isExpression(text: string): boolean {
  return !/\p{L}{2,}/u.test(withoutCommands(text));
}

function withoutCommands(text: string): string {
  return text.replace(/\\[a-zA-Z]+/g, ' ');
}
