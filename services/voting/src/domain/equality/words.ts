import type { Quantity } from './quantity.ts';

/** Words that lead to an answer and are no part of it. */
const LEAD_IN =
  /^(?:\\approx ?)?(?:(?:approximately|about|roughly|so|thus|hence|therefore|then|finally|we|you|i(?= [a-z]{2})|it|this|that|there|is|are|was|be|must|get|have|has|find|think|obtain|equals?|gives?|to|the|final|correct|answer|result|total|value|sum|number|solution|area|volume|length|perimeter|probability|distance|speed|cost)(?:[ ,:]+|(?=[-+.\\(])))*(?:\\approx ?)?/i;

/**
 * A text without "so we get" and the like before it, where what is left has at most one word, a unit or a choice;
 * "it is not 5" stays as it is.
 */
export function withoutLeadIn(text: string): string {
  const lead = LEAD_IN.exec(text)?.[0];
  if (lead === undefined || lead === '' || lead.length === text.length) return text;
  const rest = text.slice(lead.length);
  const count = rest.replace(/\\[a-zA-Z]+/g, ' ').match(/\p{L}{2,}/gu)?.length ?? 0;
  return count === 0 || (count === 1 && /^[-+.\d\\]/.test(rest)) ? rest : text;
}

/** Words by their shape: capitalised or in capitals, apart from letters, digits and indices. */
const WORD =
  /(?<![\p{L}\p{N}\\^_]|[\^_]\{)(?:[A-Z][a-z]{2,}|[A-Z]{5,}|No|NO|Yes|YES|DNE|TRUE|NONE|ODD|EVEN)(?![\p{L}\p{N}^_(])/gu;
const OPTION = /^\(([A-E])\)$/;

/** A text whose words are in lower case, its variables as they are; `(B)`, a choice, as `B`. */
export function lowered(text: string): string {
  return text.replace(OPTION, '$1').replace(WORD, (word) => word.toLowerCase());
}

const UNITS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const NUMBER_WORDS: ReadonlyMap<string, string> = new Map([
  ...UNITS.map((word, value): [string, string] => [word, String(value)]),
  ...TENS.flatMap((ten, at): [string, string][] =>
    UNITS.slice(0, 10).map((unit, digit) => [
      digit === 0 ? ten : `${ten}-${unit}`,
      String(20 + 10 * at + digit),
    ]),
  ),
]);

/** The number that a text says in words, from zero to ninety-nine. */
export function numberWord(text: string): Quantity | undefined {
  if (text.length > 13 || text.length < 3) return undefined;
  const number = NUMBER_WORDS.get(text.toLowerCase());
  return number === undefined ? undefined : { number, isReduced: true };
}
