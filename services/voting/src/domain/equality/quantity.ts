import type { Settings } from '../settings.ts';
import { type NumberForm, readNumber } from './number.ts';
import { inverse, parseRational, plus, printRational, type Rational, times } from './rational.ts';
import { SCALES } from './unit-table.ts';
import { readUnit, sameDimension } from './units.ts';

/** A number and the one name of its unit. */
export type Quantity = NumberForm & { unit?: string };

const CURRENCY_BEFORE = /^([-+]?)(?:US)?(\\\$|[€£¥₹]|Rs\.?|USD|EUR|GBP|INR) ?(?=[-+.\d\\])(.*)$/;
/** An amount for each of something: `18/day`, `18 per hour`. */
const RATE = /^([-+\d.,]+)(?:\/| per )([a-zA-Z].*)$/;
/** Places where a unit may begin: behind a digit or a bracket, at a letter, a sign or "degrees". */
const BORDER =
  /(?<=[\d)}.])(?: (?=[a-zA-Z\\€£])|(?=[a-zA-Z%€£¥₹¢]|\\text\{|\\\$|\\frac\{[a-z]|\^\\circ(?![a-zA-Z])))/g;
const SCALE = /^(hundred|thousand|million|billion|trillion|dozen)(?: (.*))?$/i;
const SUM = /^([\d.,]+) ?([a-zA-Z]+)\.?(?:,| and)? ?([\d.,]+) ?([a-zA-Z]+)$/;
/** A part of something: `1/2 of the cake`. */
const OF = /^of (?:the|a|an|all|his|her|their|its)(?: [a-zA-Z]+){1,3}$/;
const MAX_BORDERS = 8;
/** Units of two letters that stand as well for a product of variables: they need a space before them. */
const AMBIGUOUS = new Set([
  'in',
  'mi',
  'ms',
  'pt',
  'ha',
  'qt',
  'gal',
  'man',
  'rad',
  'min',
  'deg',
  'cc',
]);
/** Units over units, of which one letter over another is more likely a quotient of variables. */
const FRACTION_UNIT =
  /^\\frac\{(?:m\}\{s(?:\^2)?|(?:cm|mm|km|kg|mg|[a-zA-Z]{4,})\}\{[a-zA-Z]+(?:\^\d)?)\}$/;
/** One letter behind a space that is a unit and hardly a variable. */
const LETTER_UNITS = /^[mgshLlNJWVK](?:[/^ ]|$)/;

/**
 * A text in the form of `normalised` that is one number, with the unit before or behind it: `\$18`, `5 cm`, `50%`,
 * `90^\circ`, `5 million dollars`, `60 miles per hour`. Undefined when it is anything else. By settings, `10%` is 0.1.
 */
export function readQuantity(text: string, settings: Settings): Quantity | undefined {
  const { separators } = settings;
  const plain = readNumber(text, separators);
  if (plain) return plain;
  const before = CURRENCY_BEFORE.exec(text);
  if (before) {
    const [, sign = '', currency = '', rest = ''] = before;
    const rate = RATE.exec(rest);
    if (rate) return readQuantity(`${sign}${rate[1]} ${currency}/${rate[2]}`, settings);
    return withCurrency(currency, readQuantity(sign + rest, settings));
  }
  for (const { index, 0: space } of borders(text)) {
    const number = readNumber(text.slice(0, index), separators);
    const rest = text.slice(index + space.length);
    const unitText = rest.replace(/^\\text\{([^{}]*)\}/, '$1');
    const isText = unitText !== rest;
    const found = number && withUnit(number, unitText, isText || space === ' ', settings);
    if (found) return found;
  }
  return undefined;
}

/**
 * An amount in two units that measure the same, the smaller one last: `2 hours 30 minutes`, `5 ft, 6 in`. Its number
 * is that of the smaller unit.
 */
export function readSum(text: string, settings: Settings): Quantity | undefined {
  const match = SUM.exec(text);
  if (!match) return undefined;
  const [, first = '', one = '', second = '', other = ''] = match;
  const [a, b] = [readNumber(first, settings.separators), readNumber(second, settings.separators)];
  const [large, small] = [readUnit(one), readUnit(other)];
  if (!a || !b || !large?.isKnown || !small?.isKnown) return undefined;
  const ratio = times(large.unit.factor, inverse(small.unit.factor));
  if (!sameDimension(large.unit, small.unit) || ratio.n <= ratio.d) return undefined;
  const [x, y] = [times(parseRational(a.number), ratio), parseRational(b.number)];
  const number = printRational(plus(x, y));
  return number === undefined ? undefined : { number, isReduced: true, unit: small.unit.name };
}

/** How a quantity is written, so that it is read as itself. */
export function printQuantity(quantity: Quantity, settings: Settings): string {
  const { number, unit } = quantity;
  const clear = settings.separators === 'european' ? unmistakable(number) : number;
  if (unit === undefined) return clear;
  if (unit === '%') return `${clear}%`;
  if (unit.startsWith('°')) return `${clear}^\\circ${unit.length > 1 ? ` ${unit.slice(1)}` : ''}`;
  return `${clear} ${unit}`;
}

/** A decimal that is not read as thousands: `1.234` as `1.2340`. */
function unmistakable(number: string): string {
  return /^-?[1-9]\d{0,2}\.\d{3}$/.test(number) ? `${number}0` : number;
}

function borders(text: string): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  for (const border of text.matchAll(BORDER)) {
    found.push(border);
    if (found.length === MAX_BORDERS) break;
  }
  return found;
}

function withUnit(
  form: NumberForm,
  text: string,
  isApart: boolean,
  settings: Settings,
): Quantity | undefined {
  const scale = SCALE.exec(text);
  if (scale) {
    const factor = SCALES[(scale[1] ?? '').toLowerCase()] ?? '1';
    const number = scaled(form.number, parseRational(factor));
    const whole = number === undefined ? undefined : { ...form, number };
    return whole && scale[2] !== undefined ? withUnit(whole, scale[2], true, settings) : whole;
  }
  if (isApart && OF.test(text)) return form;
  const found = readUnit(text);
  if (!found) return undefined;
  if (/^\\frac/.test(text) && !FRACTION_UNIT.test(text)) return undefined;
  if (/^[a-zA-Z]/.test(text) && !isUnitText(text, isApart, found.isKnown)) return undefined;
  const unit = found.unit.name;
  if (unit !== '%' || settings.percent === 'number') return { ...form, unit };
  const number = scaled(form.number, { n: 1n, d: 100n });
  return number === undefined ? undefined : { ...form, number };
}

function isUnitText(text: string, isApart: boolean, isKnown: boolean): boolean {
  const letters = /^[a-zA-Z]+/.exec(text)?.[0] ?? '';
  if (letters.length === 1) return isApart ? LETTER_UNITS.test(text) : text === 'm/s';
  return isApart || (isKnown && !AMBIGUOUS.has(letters));
}

/** The amount behind a currency; it may say its unit again, or per what it is. */
function withCurrency(currency: string, amount: Quantity | undefined): Quantity | undefined {
  const unit = readUnit(currency)?.unit.name;
  if (!amount || unit === undefined) return undefined;
  if (amount.unit === undefined || amount.unit === unit) return { ...amount, unit };
  return undefined;
}

function scaled(number: string, factor: Rational): string | undefined {
  return printRational(times(parseRational(number), factor));
}
