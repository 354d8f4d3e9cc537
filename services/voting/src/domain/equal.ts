import type { Task } from '@parley/platform';
import { canonicalNumber, onlyNumber } from './number.ts';
import { isNumeric, MAX_ANSWER } from './task.ts';

/** Passes of normalisation; each removes a level of nesting. A text that still changes after them is no answer. */
const MAX_PASSES = 8;
/** A comma between numbers of a list, none of thousands. */
const LIST = /(?<=\d),\s+(?=[-\d])/g;
/** Words that lead to an answer and are no part of it. */
const LEAD_IN =
  /^(?:(?:so|thus|hence|therefore|then|finally|we|you|i|it|this|that|there|is|are|was|be|must|get|have|has|find|think|equals?|gives?|to|the|final|answer|result|total|value|sum|number|solution)(?:[ ,:]|(?=[-+.\\])))+(?:[a-z] ?= ?)?/;

/**
 * The form that all spellings of one answer share: equal answers have equal forms, and the form of a form is
 * itself. Numbers are exact at any length (`canonicalNumber`); a task whose answers are numbers takes the one
 * number out of what stands around it (`18 dollars`, `x = 18`, not `3+4*5`), others out of one word behind it
 * and "so we get" before it. Anything else is compared as text without case, spaces, `$`, `\text{}`, `\left`,
 * `\right` and a trailing period. Empty when nothing is left.
 */
export function canonicalAnswer(task: Task, text: string): string {
  const short = text.slice(0, MAX_ANSWER);
  const plain = normalised(isNumeric(task) ? short.replace(LIST, ';') : short);
  const bare = plain.replace(/[€£¥]/g, '');
  const number = canonicalNumber(bare);
  if (number !== undefined) return number;
  if (!isNumeric(task)) return canonicalNumber(withoutUnit(bare.replace(LEAD_IN, ''))) ?? plain;
  const value = bare.slice(bare.lastIndexOf('=') + 1).trim();
  return canonicalNumber(value) ?? onlyNumber(value) ?? plain;
}

/** Whether two answers of a task are the same answer. The one place where equality is decided. */
export function equalAnswers(task: Task, a: string, b: string): boolean {
  return canonicalAnswer(task, a) === canonicalAnswer(task, b);
}

/** Whether a canonical answer is a number. */
export function isCanonicalNumber(answer: string): boolean {
  return canonicalNumber(answer) === answer;
}

function normalised(text: string): string {
  let current = text;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const next = pruned(current);
    if (next === current) return current;
    current = next;
  }
  return '';
}

function pruned(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\u2212\ufe63\uff0d]/g, '-')
    .replace(/\\(?:left|right)(?![a-z])/g, '')
    .replace(/\\(?:[!,;:>()[\]$%]|quad(?![a-z]))/g, '')
    .replace(/\\(?=\s)|[~\u00a0]/g, ' ')
    .replace(/\$|%|°|\^ ?\{? ?\\circ ?\}?/g, '')
    .replaceAll('{,}', ',')
    .replace(/\\[dt]frac(?![a-z])/g, '\\frac')
    .replace(/\\frac ?(\d) ?(\d)/g, '\\frac{$1}{$2}')
    .replace(/\\(?:text(?:bf|it|rm)?|math(?:rm|bf|it)|mbox|operatorname) ?\{([^{}]*)\}/g, '$1')
    .replace(/^\s*\{([^{}]*)\}\s*$/, '$1')
    .replace(/^\s*[a-z] ?= ?/, '')
    .replace(/\s+/g, ' ')
    .replace(/ (?![a-z0-9])|(?<![a-z0-9]) /g, '')
    .replace(/^\*+|(?<!\*)\*+$/g, '')
    .replace(/(?<![.,;:])[.,;:]+$/, '')
    .trim();
}

/** `5 cm` without its unit: one word after a number. */
function withoutUnit(text: string): string {
  const match = /^(\S+) [a-z]+$/.exec(text);
  return match?.[1] ?? text;
}
