import { type Answer, MAX_ANSWER, MAX_LINE } from '../answer.ts';
import type { Policy } from '../policy.ts';
import type { Settings } from '../settings.ts';
import { onlyNumber } from './loose.ts';
import { normalised } from './normalise.ts';
import { readNumber } from './number.ts';
import { printQuantity, type Quantity, readQuantity, readSum } from './quantity.ts';
import { lowered, numberWord, withoutLeadIn } from './words.ts';

/** Readings of a text whose form holds another answer. One that has no form of its own after them is no answer. */
const MAX_READINGS = 4;
/** Numbers as most answers write them, in the form that they have. */
const PLAIN = /^(?:0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,14})\.\d{0,14}[1-9])$/;
/** The same with a currency and thousands: what most ballots of a policy of bare numbers hold. */
const AMOUNT = /^\\?\$?(\d[\d,]{0,18}(?:\.\d{1,12})?)\.?$/;
const VARIABLE =
  /^(?:[a-zA-Z]'{0,2}|\\[a-zA-Z]+|[A-Z]{2,3}|m?\\angle ?[A-Z]{1,3})(?:_(?:\w|\{[^{}]*\}))?(?:\([^()=]{1,20}\))?$/;
const NAME = /^[A-Za-z][a-z]{3,}(?: [A-Za-z]+){0,4}$/;
const CHOICE =
  /^(?:(?:the )?(?:(?:correct|best|right) )?(?:answer|option|choice)(?: is)?:? ?)?[([{]*([a-e])(?:[)\]}.:]+(.*)|[-–—].*| because .*| is (?:the )?(?:correct|right|best).*)?$/is;
const OTHER_CHOICE = /(?:^|[,;&]| and | or |^and |^or ) ?\(?[A-E](?![a-zA-Z]| [a-z]{2})|\([A-E]\)/;

/**
 * The answer that a text gives under a policy, in the one form that can be told by rewriting text; the form of a form
 * is itself. Undefined when the text is empty, longer than an answer may be, or not what the policy's answers are.
 *
 * A number is exact, and its text is the number with its unit. Mathematics keeps its case; words lose theirs by
 * settings. `x=5` has the number 5 and keeps its variable, so that it equals `5` and not `y=5`.
 */
export function canonical(policy: Policy, raw: string): Answer | undefined {
  const { answers, settings } = policy;
  const isPlain = settings.separators === 'english' && PLAIN.test(raw);
  if (isPlain && answers !== 'verbatim' && answers !== 'choice') return { text: raw, number: raw };
  const text = raw.trim();
  if (text === '' || text.length > MAX_ANSWER) return undefined;
  switch (answers) {
    case 'verbatim':
      return { text: settings.letters === 'any-case' ? text.toLowerCase() : text };
    case 'choice':
      return choice(text);
    case 'number':
      return number(text, settings);
    case 'text':
      return words(text, settings);
    case 'mathematics':
      return mathematics(text, settings);
    default:
      return answers satisfies never;
  }
}

function choice(text: string): Answer | undefined {
  const [, letter, rest = ''] = CHOICE.exec(normalised(text)) ?? [];
  if (letter === undefined || OTHER_CHOICE.test(rest)) return undefined;
  return { text: letter.toUpperCase() };
}

function number(raw: string, settings: Settings): Answer | undefined {
  const amount = settings.units === 'ignored' ? AMOUNT.exec(raw)?.[1] : undefined;
  const quick = amount === undefined ? undefined : readNumber(amount, settings.separators);
  if (quick) return answerOf(quick, settings);
  const text = normalised(raw);
  const found = numberWord(text) ?? readQuantity(text, settings);
  if (found) return answerOf(found, settings);
  const value = onlyNumber(text, settings);
  return value === undefined ? undefined : answerOf({ number: value, isReduced: true }, settings);
}

function words(raw: string, settings: Settings): Answer | undefined {
  const plain = normalised(raw, false);
  // A fraction may be a date, and is left as it stands.
  const found = /\/|\\frac/.test(plain) ? undefined : readQuantity(plain, settings);
  if (found && !found.number.includes('/')) return answerOf(found, settings);
  const text = settings.letters === 'any-case' ? normalised(plain.toLowerCase(), false) : plain;
  return text === '' || text.length > MAX_LINE ? undefined : { text };
}

function mathematics(raw: string, settings: Settings): Answer | undefined {
  let text = normalised(withoutChoice(raw));
  for (let reading = 0; reading < MAX_READINGS && text !== ''; reading++) {
    const found = quantityOf(text, settings) ?? assignment(text, settings) ?? sum(text, settings);
    if (found) return found;
    const bare = withoutThousands(withoutLeadIn(text), settings);
    const next = normalised(settings.letters === 'any-case' ? lowered(bare) : bare);
    if (next === text) return text.length > MAX_LINE ? undefined : { text };
    text = next;
  }
  return undefined;
}

const CHOICE_BEFORE =
  /^([$ ]*)(?:\\(?:text(?:bf|rm|up)?|math(?:bf|rm)|[mh]box) ?\{ ?\([A-J]\)(?:\\[ ,;:]|~|\\q?quad|\s)*\}(?:\\[ ,;:]|~|\\q?quad|\s)*(?=[^\s}$])|\([A-J]\)(?:\\[ ,;:]|~|\\q?quad|\s)+(?=-?(?:[\d.$]|\\(?:[dt]?frac|sqrt|pi|\$|\())))/;

const OTHER_CHOICES = /^(?:\\[a-z]+ ?\{ ?)?(?:[,;:&.=]|and|or)(?![a-z])|\([A-J]\)/;

/**
 * A text without the letter of a choice before its answer: `\textbf{(B) } 5`, `(B)\ 5`. Only a letter that is set as
 * text, or has space behind it and a number: `(A)x` is a product.
 */
function withoutChoice(text: string): string {
  const match = CHOICE_BEFORE.exec(text);
  if (!match || OTHER_CHOICES.test(text.slice(match[0].length))) return text;
  return `${match[1]}${text.slice(match[0].length)}`;
}

const THOUSANDS = /(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?!,?\d)/g;

/**
 * A text without the commas of thousands where they can be nothing else: there is no other comma and no bracket, or
 * the numbers of a list have a space between them.
 */
function withoutThousands(text: string, settings: Settings): string {
  if (settings.separators !== 'english' || !text.includes(',')) return text;
  const isList = /\d, \d/.test(text);
  if (!isList && (/[([]|\\\{/.test(text) || text.replace(THOUSANDS, '').includes(','))) return text;
  return text.replace(THOUSANDS, (number) => number.replaceAll(',', ''));
}

function quantityOf(text: string, settings: Settings): Answer | undefined {
  const found = numberWord(text) ?? readQuantity(text, settings);
  if (!found || (settings.fractions === 'reduced' && !found.isReduced)) return undefined;
  return answerOf(found, settings);
}

/** `x=5` or `5=x`, as a number or as the equation that it is; `Area = 5`, in words, as the number. */
function assignment(text: string, settings: Settings): Answer | undefined {
  const at = text.indexOf('=');
  if (at < 1) return undefined;
  const sides = [text.slice(0, at), text.slice(at + 1)];
  const [right = '', left = ''] = VARIABLE.test(sides[1] ?? '') ? sides : sides.toReversed();
  const isName = NAME.test(left);
  if (!isName && !VARIABLE.test(left)) return undefined;
  const value = quantityOf(right, settings);
  if (!value || isName) return value;
  const whole = `${left}=${value.text}`;
  return settings.assignments === 'value' ? { ...value, text: whole } : { text: whole };
}

/** `2 hours 30 minutes`, as it stands, with the number of its smaller unit. */
function sum(text: string, settings: Settings): Answer | undefined {
  const found = settings.units === 'ignored' ? undefined : readSum(text, settings);
  return (
    found && { text, number: found.number, ...(found.unit !== undefined && { unit: found.unit }) }
  );
}

function answerOf(found: Quantity, settings: Settings): Answer {
  const { number: value, unit } = found;
  if (unit === undefined || settings.units === 'ignored')
    return { text: printQuantity({ number: value, isReduced: true }, settings), number: value };
  return { text: printQuantity(found, settings), number: value, unit };
}
