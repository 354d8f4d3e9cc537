import type { Answer, Verdict } from '../answer.ts';
import type { Policy } from '../policy.ts';
import type { Settings } from '../settings.ts';
import { readQuantity } from './quantity.ts';
import { parseRational, rounded, times } from './rational.ts';
import { readUnit, sameDimension } from './units.ts';

const SAME_TEXT: Verdict = { equal: true, rule: 'string', unknown: false };
const OTHER_TEXT: Verdict = { equal: false, rule: 'string', unknown: false };
const SAME_NUMBER: Verdict = { equal: true, rule: 'number', unknown: false };
const OTHER_NUMBER: Verdict = { equal: false, rule: 'number', unknown: false };

/** The word is a currency as well as a mass. */
const POUNDS = /^(?:£|pounds)$/;
/** Nothing but words: no digit, no command, no operator, and not single letters, which are variables. */
const WORDS = /^\p{L}{2,}(?:[ ,.'-]\p{L}{2,})*$/u;

/**
 * What the first two steps say about two answers of `canonical`: the same text, or two exact numbers. Symmetric.
 * Undefined when that does not decide: the third step must.
 *
 * Numbers are equal when they are the same number. With `digits` they are when both, rounded to that many significant
 * digits (a half away from zero), are the same. Units that measure the same are converted; others must be the same
 * unit, or may be missing, by settings. `x=5` and `y=5` differ.
 */
export function quickVerdict(policy: Policy, a: Answer, b: Answer): Verdict | undefined {
  if (a.text === b.text) return SAME_TEXT;
  const { answers, settings } = policy;
  if (a.number !== undefined && b.number !== undefined) {
    if (
      a.unit === undefined &&
      b.unit === undefined &&
      settings.digits === 0 &&
      a.number !== b.number
    )
      return OTHER_NUMBER;
    return areEqual(a, b, settings) && sameVariable(a.text, b.text) ? SAME_NUMBER : OTHER_NUMBER;
  }
  if (answers !== 'mathematics') return OTHER_TEXT;
  if (a.number !== undefined ? WORDS.test(b.text) : b.number !== undefined && WORDS.test(a.text))
    return OTHER_TEXT;
  if (settings.fractions === 'reduced' && (isReducible(a, settings) || isReducible(b, settings)))
    return OTHER_NUMBER;
  return undefined;
}

function areEqual(a: Answer, b: Answer, settings: Settings): boolean {
  if (a.unit === b.unit || (POUNDS.test(a.unit ?? '') && POUNDS.test(b.unit ?? '')))
    return sameNumber(a.number, b.number, settings.digits);
  if (a.unit === undefined || b.unit === undefined) {
    const isFree = settings.units !== 'required' || (a.unit ?? b.unit) === '%';
    return isFree && sameNumber(a.number, b.number, settings.digits);
  }
  const left = readUnit(a.unit)?.unit;
  const right = readUnit(b.unit)?.unit;
  if (!left || !right || !sameDimension(left, right)) return false;
  const x = times(parseRational(a.number ?? '0'), left.factor);
  const y = times(parseRational(b.number ?? '0'), right.factor);
  if (settings.digits > 0) return rounded(x, settings.digits) === rounded(y, settings.digits);
  return x.n === y.n && x.d === y.d;
}

function sameNumber(a = '', b = '', digits = 0): boolean {
  if (a === b || digits === 0) return a === b;
  return rounded(parseRational(a), digits) === rounded(parseRational(b), digits);
}

function sameVariable(a: string, b: string): boolean {
  const left = a.indexOf('=');
  const right = b.indexOf('=');
  return left < 0 || right < 0 || a.slice(0, left) === b.slice(0, right);
}

/** Whether an answer is a fraction that is not reduced, which `canonical` leaves as text. */
function isReducible(answer: Answer, settings: Settings): boolean {
  return answer.number === undefined && readQuantity(answer.text, settings)?.isReduced === false;
}
