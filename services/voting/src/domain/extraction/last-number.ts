import { MAX_ANSWER, MAX_LINE } from '../answer.ts';
import { type Span, wordsIn } from './span.ts';

/** Characters that are read before and behind a number. */
const WINDOW = 64;
/** Numbers that are passed over before a text has none. */
const MAX_PASSED = 256;
const DIGIT = /[0-9\uff10-\uff19¼-¾⅐-⅞]/;
/** Words that what stands behind is the condition of, and not what is said: "at", "when the side is". */
export const CONDITION =
  /(?<!\p{L})(?:at(?! (?:least|most|last|once|the end))|when|where|if|for(?! a total)|since|because)(?: (?:\p{L}+|[a-z]=|=)){0,5}:? ?$/iu;
const LETTER = /[\p{L}_]/u;
/** Digits in groups of three, as people and LaTeX write them apart, at the end of a text. */
const GROUPS =
  /(?<![\p{L}\d.,])\d{1,3}(?:(?:[ \u00a0\u2009\u202f'’]|\\[,! ]|\{,\}|\{\\,\})\d{3})+(?:[.,]\d+)?$/u;
const SCIENTIFIC =
  /(?<![\d.,\p{L}])\d+(?:[.,]\d+)?(?: ?(?:\\times|\\cdot|[×·x*]) ?10 ?\^ ?\{? ?|[eE])[-+−]?$/u;
const FRACTION = /(?<![\d.,])(?:(?:\d+ )?\d+|\d{1,3}(?:,\d{3})+) ?[/⁄] ?$/;
const FRACTION_OF_LATEX =
  /(?<![\d.,])(?:\d+ ?)?\\[dtc]?frac ?(?:\{ ?[-−]?[\d.,]+ ?\} ?\{? ?|\d ?\{? ?|)$/;
const SIGN =
  /(?:^|[^\p{L}\p{N})\]}.])((?:[-−‒–\uff0d]|(?<![\p{N})\]}] )(?:minus|negative) )(?:\\?[$€£¥₹])?|\\?[$€£¥₹][-−]|(?<=^|[=:(] ?)[-−‒–] )$/iu;
const CURRENCY = /(?:\\?\$|[€£¥₹]|(?:Rs\.?|US\$|(?<![A-Z])(?:USD|EUR|GBP|INR))\s?)$/;
const PERCENT_OR_MAGNITUDE =
  /^ ?(?:\\?%|(?:hundred|thousand|million|billion|trillion|dozen)(?!\p{L}))/iu;

/**
 * What is no number for an answer, and is passed over: an index, a unit's power, a label, what is said not to be, a part
 * of a word (`COVID-19`); an ordinal, an adjective (`5-gallon`), how sure one is; the mark of a list.
 */
const PASSED_BEFORE =
  /_\{?$|[\p{L}}] ?\^ ?\{? ?-?$|(?<!\p{L})(?:step|case|part|question|problem|example|figure|chapter|equation|method|note|section|confidence:?) #?$|(?:(?<!\p{L})not|n['’]t|rather than|instead of) \\?[$€£¥]?$|\p{L}{2}-$/iu;
const PASSED_AFTER =
  /^ ?\^?\{? ?(?:\\(?:text|mathrm) ?\{)?(?:st|nd|rd|th)(?!\p{L})|^-\p{L}{2}|^ ?% (?:sure|certain|confident)(?!\p{L})/iu;
const LIST_MARK_BEFORE = /(?:^|\n)[ \t]{0,8}$/;
const LIST_MARK_AFTER = /^[.)][ \t]+[^\s]/;

/** What makes a number a part of something else, which is not read: a time, a date, a range, a ratio, an operation. */
const PART_BEFORE = [
  /\d\s?:$/,
  /\d[/.-]\d{1,2}[/.-]$|\d\/$/,
  /(?<!\p{L})(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t|tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?\s(?:\d{1,2}(?:st|nd|rd|th)?,?\s)?$/iu,
  /\d ?[‒–—] ?$|\d ?[-‒–—] ?\\?[$€£¥]$/,
  /\d\s?(?:%|\p{L}{1,8})?\s(?:to|through|or)\s\\?[$€£¥]?$/iu,
  /\d \p{L}{1,12},? and \\?[$€£¥]?$|\d ?(?:hours?|hrs?|minutes?|mins?|feet|foot|ft|dollars?|pounds?|lbs?|years?|weeks?|days?|months?|degrees?|°|['’′]),? ?$/iu,
  /(?<!\p{L})between\s\S{1,20}\s(?:\S{1,12}\s)?and\s\\?[$€£¥]?$/iu,
  /[\p{L}\p{N})\]}] ?(?:[+×÷·±]|\\(?:times|cdot|div|pm)) ?\(?$|[\p{L}\p{N})] \* \(?$|[\p{N})]\* ?\(?$/u,
  /[\d)\]}] [-−] ?$|[)\]}][-−]$|(?<!\p{L})\p{L}[-−‒–]$/u,
  /\d\s?x\s$|\dx$/,
  /[\^√]\s?[{(]?\s?-?$|[\p{L})\]}][/⁄]$/u,
];
/** A range, where the number behind is the larger one: `3-5`. */
const RANGE = /(?<![\d.,-])(\d{1,15})-$/;
/** What a number in words goes on with: "12 and a half", "36 or a dozen". */
const WORDS_AFTER =
  /^(?: \p{L}{1,12})?,? (?:and (?:an? |one[ -]|two[ -]|three[ -]|four[ -]|five[ -])?(?:hal(?:f|ves)|thirds?|quarters?|fourths?|fifths?|sixths?|eighths?|tenths?)|and (?:\d{1,3}[/⁄]\d|\\[dt]?frac|[¼-¾⅐-⅞])|(?:or|to) (?:an? |about )?(?:half|quarter|third|couple|dozen|hundred|thousand|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty))(?!\p{Ll})/iu;
/** A whole number before a fraction: "5 and 1/2". */
const WHOLE_BEFORE =
  /(?:\d|(?<!\p{L})(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve))(?: \p{L}{1,12})?,? and $/iu;
const PART_AFTER =
  /^[⁰¹²³⁴-⁹]|^\s?(?:[+×÷·√π]|\\(?:pi|sqrt|sin|cos|tan|ln|log|cdot|times|div|pm)(?![a-zA-Z])|\^(?!\s?\{?\s?(?:\\circ|°|\\degree))|[*/]\s?(?:[xynk](?!\p{L})|\()|-\s?(?:\(|[b-hj-z](?!\p{L}))|[xyzn](?!\p{L})|\((?=\p{L}\)|\\))/u;
/** Commands whose braces hold text as it stands. */
const TRANSPARENT = /\\(?:text(?:bf|it|rm)?|math(?:rm|bf|it)|mbox|boldsymbol|bm|underline|emph) ?$/;
/** What a number that stands alone in mathematics has neither before nor behind it. */
const FORMULA_BEFORE = /(?:[-+/^_<>≤≥≠±√([|×÷·]|[\d)\]}$] ?[,;*]|\\[a-zA-Z]+)\s?$/;
/** Another number, or a formula, in a row with the one behind it: "1 and 3". */
const JOINED = /[\d$)}\]]\s?,?\s(?:and|or)\s\(?$/;
const FORMULA_AFTER = /^\s?(?:[)\]|^<>≤≥≠±=_]|\\[a-zA-Z])/;

/**
 * The last number of a text, with its sign, its currency, a percent sign and its numerator, where it stands for itself:
 * none where the last one is a part of a time, a date, a range or an operation. Digits in a word (`H2O`), ordinals,
 * labels and list marks are passed over. Of numbers with commas first all, then the last. `isFormula`: mathematics, where
 * brackets and relations make a number a part too. Takes time linear in the text.
 */
export function lastNumber(text: string, isFormula: boolean): Span[] {
  let end = text.length;
  for (let seen = 0; seen < MAX_PASSED; seen++) {
    while (end > 0 && !isDigit(text, end - 1)) end--;
    if (end === 0) return [];
    let first = end;
    while (first > 0 && isNumeral(text, first - 1)) first--;
    const start = first + leadingMarks(text.slice(first, Math.min(end, first + WINDOW)));
    const isWord = end - start > MAX_ANSWER || isInWord(text, start);
    if (!isWord && !isPassed(text, start, end)) {
      const starts = [start, ...lastOfList(text.slice(start, end)).map((at) => start + at)];
      return starts.flatMap((one) => withContext(text, one, end, isFormula) ?? []);
    }
    end = first;
  }
  return [];
}

/** Where the last number begins of three and more with commas only; a single comma may be a decimal one. */
function lastOfList(token: string): number[] {
  return /^\d*(?:,\d+){2,}$/.test(token) ? [token.lastIndexOf(',') + 1] : [];
}

/** Commas and periods before a number, but not the point of `.5`. */
function leadingMarks(token: string): number {
  const marks = /^[.,]*/.exec(token)?.[0] ?? '';
  return marks.endsWith('.') && !marks.endsWith('..') ? marks.length - 1 : marks.length;
}

function isInWord(text: string, start: number): boolean {
  if (!LETTER.test(text[start - 1] ?? ' ')) return false;
  const before = text.slice(Math.max(0, start - WINDOW), start);
  return (
    !CURRENCY.test(before) &&
    !SCIENTIFIC.test(before) &&
    !/\dx$/.test(before) &&
    !/\\[dtc]?frac$/.test(before)
  );
}

function isPassed(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - WINDOW), start);
  const after = text.slice(end, end + 16);
  if (PASSED_AFTER.test(after)) return true;
  if (PASSED_BEFORE.test(before) && !SCIENTIFIC.test(before)) return true;
  if (isAside(text, start, end)) return true;
  return end - start <= 2 && LIST_MARK_BEFORE.test(before) && LIST_MARK_AFTER.test(after);
}

/** Whether a number stands in brackets with words, behind another number of its line: "8 in all (5 red, 3 green)". */
function isAside(text: string, start: number, end: number): boolean {
  const line = text.slice(Math.max(text.lastIndexOf('\n', start) + 1, start - MAX_LINE), start);
  const open = line.lastIndexOf('(');
  if (open < 0 || line.includes(')', open) || !/\d/.test(line.slice(0, open))) return false;
  const behind = /^[^()\n]{0,80}\)/.exec(text.slice(end, end + 96))?.[0];
  return behind !== undefined && wordsIn(line.slice(open) + behind) > 0;
}

/** The number that ends at `end`, widened to all that belongs to it; undefined where it belongs to something else. */
function withContext(
  text: string,
  start: number,
  end: number,
  isFormula: boolean,
): Span | undefined {
  const from = numberStart(text, start, end);
  const before = text.slice(Math.max(0, from - WINDOW), from);
  let to = end;
  if (/\{ ?$/.test(text.slice(from, start))) {
    const close = /^ ?\}/.exec(text.slice(end, end + 2))?.[0].length;
    if (close === undefined) return undefined;
    to += close;
  }
  const sign = SIGN.exec(before)?.[1]?.length ?? 0;
  const unsigned = before.slice(0, before.length - sign);
  const after = text.slice(to, to + WINDOW);
  const low = RANGE.exec(before)?.[1];
  if (low !== undefined && Number(low) < Number(text.slice(from, to))) return undefined;
  if (isPart(unsigned, before, after, isFormula)) return undefined;
  if (/[/⁄¼-¾⅐-⅞]|frac/.test(text.slice(from, to)) && WHOLE_BEFORE.test(before)) return undefined;
  to += PERCENT_OR_MAGNITUDE.exec(after)?.[0].length ?? 0;
  const isMoney = sign === 0 && !/^\s?\$/.test(after);
  return { from: from - (sign || (isMoney ? (CURRENCY.exec(before)?.[0].length ?? 0) : 0)), to };
}

/** Where a number begins that ends at `end`: with its thousands, its numerator or its mantissa. */
function numberStart(text: string, start: number, end: number): number {
  const near = Math.max(0, start - WINDOW);
  const before = text.slice(near, start);
  const grouped =
    /^\d{3}(?!\d)/.test(text.slice(start, start + 4)) && GROUPS.exec(text.slice(near, end));
  if (grouped && (near === 0 || grouped.index > 0)) return near + grouped.index;
  const wide = SCIENTIFIC.exec(before) ?? FRACTION_OF_LATEX.exec(before) ?? FRACTION.exec(before);
  return wide && (near === 0 || wide.index > 0) ? near + wide.index : start;
}

function isPart(unsigned: string, before: string, after: string, isFormula: boolean): boolean {
  if (
    PART_AFTER.test(after) ||
    WORDS_AFTER.test(after) ||
    PART_BEFORE.some((part) => part.test(before))
  )
    return true;
  if (isFormula && (FORMULA_BEFORE.test(unsigned) || FORMULA_AFTER.test(after))) return true;
  if (isFormula && (CONDITION.test(unsigned) || JOINED.test(unsigned))) return true;
  const brace = openBrace(unsigned);
  return brace !== undefined && /\\[a-zA-Z]+ ?$|[\^_}] ?$/.test(brace) && !TRANSPARENT.test(brace);
}

/** What stands before the brace that a text ends inside of; undefined where it ends outside of all. */
function openBrace(before: string): string | undefined {
  let depth = 0;
  for (let at = before.length - 1; at >= 0; at--) {
    if (before[at] === '}') depth++;
    else if (before[at] === '{' && depth-- === 0) return before.slice(0, at);
  }
  return undefined;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < 128 ? code >= 48 && code <= 57 : DIGIT.test(text[at] ?? '');
}

function isNumeral(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 44 || code === 46 || isDigit(text, at);
}
