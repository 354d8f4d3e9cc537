import type { Settings } from '../settings.ts';
import { readNumber } from './number.ts';
import { readQuantity } from './quantity.ts';

const NUMBERS = /\d(?:[\d.,]*\d)?(?:\/\d+(?![\d./]))?|\.\d+/g;
/** LaTeX for units and currencies, and for "about". */
const SIGNS =
  /(?<![a-z])(?:us|au?|ca?|hk|nz|s)?\\\$|\\(?:approx|sim)(?![a-z])|\^\\circ(?![a-z])|[€£¥₹¢%]/g;
const WORDS_BEFORE = /^(?:rs\.|[a-z']{2,}[ :,]*)+/;
const WORDS_AFTER = / ?[a-z(][a-z ,.'()]*$/;
/** An operator whose other operand is a bracket, a variable or anything: not the sign of a number in words. */
const OPERATOR_BEFORE = /[*/^×÷·]$|(?:[\d)\]}]|(?<![a-z])[a-z])[-+]$/;
const OPERATOR_AFTER =
  /^(?:[a-z]?(?:[+^×÷·!]|[-*](?:$|[([{]|[a-z](?![a-z])))|\/(?:$|[([{]|[a-z](?![a-z])))/;
/** Words that make another number of the one beside them, or that deny it. */
const CHANGES =
  /(?<![a-z])(?:not|isn't|sqrt|root|squared?|cubed?|power|factorial|log|ln|sin|cos|tan|half|halves|thirds?|quarter|fifths|sixths|sevenths|eighths|ninths|tenths|hundredths|twice|double|triple|thrice|plus|minus|divided|mod|hundreds?|thousands?|millions?|billions?|trillions?|dozens?|or|between)(?![a-z])/;
const UNIT_POWER = /(?<![a-z])(?:square|cubic) (?=[a-z])|(?<=[a-z] )(?:squared|cubed)$/;
/** Thousands, millions and variables at a number, and relations that are no equation. */
const FACTORS = /\d ?[kKMB](?![a-zA-Z])|\d[xyznXYZN](?![a-zA-Z])|[<>]/;
/** Several statements before the last `=`, not one chain. */
const SEVERAL = /(?<![a-z])(?:or|and)(?![a-z])|[,;] ?[a-z\\]/;

/**
 * The one number that a text in the form of `normalised` gives, whatever words stand around it: `18 apples`,
 * `2 1/2 hours`, `18/day`, `5 + 3 = 8`. Undefined for several numbers, for one that is a part of an expression
 * (`3+4*5`, `x-5`, `\sqrt{16}`) and for one that words change (`not 5`, `5 and a half`).
 */
export function onlyNumber(text: string, settings: Settings): string | undefined {
  const equals = text.lastIndexOf('=');
  if (equals >= 0 && SEVERAL.test(text.slice(0, equals))) return undefined;
  const value = text.slice(equals + 1).trim();
  if (FACTORS.test(value)) return undefined;
  const whole = readQuantity(value, settings) ?? readQuantity(value.toLowerCase(), settings);
  return whole?.number ?? amongWords(value.toLowerCase(), settings);
}

function amongWords(text: string, settings: Settings): string | undefined {
  const plain = text
    .replaceAll('**', '')
    .replace(SIGNS, '')
    .replace(UNIT_POWER, '')
    .replace(/(?<![a-z])(?:minus|negative) (?=[\d.\\])/g, '-')
    .trim();
  if (CHANGES.test(plain)) return undefined;
  const rest = plain.replace(WORDS_BEFORE, '').replace(WORDS_AFTER, '');
  const bare = readNumber(rest, settings.separators);
  if (bare !== undefined) return bare.number;
  const numbers = [...plain.matchAll(NUMBERS)].filter(
    ({ 0: number, index }) => number.startsWith('.') || !/[a-z_]/.test(plain[index - 1] ?? ''),
  );
  const [found] = numbers;
  if (!found || numbers.length > 1 || /\\[a-z]/.test(plain)) return undefined;
  const before = plain.slice(0, found.index);
  if (found[0].startsWith('.') && /[a-z]$/.test(before)) return undefined;
  const after = plain.slice(found.index + found[0].length);
  if (OPERATOR_BEFORE.test(before) || OPERATOR_AFTER.test(after)) return undefined;
  const sign = before.endsWith('-') ? '-' : '';
  return readNumber(sign + found[0], settings.separators)?.number;
}
