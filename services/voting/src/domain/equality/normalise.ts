import { closings, withArguments, withoutOuterBraces } from './braces.ts';
import { inAscii, isAscii } from './characters.ts';

/** Passes of normalisation; each removes a level of nesting. A text that still changes after them is no answer. */
const MAX_PASSES = 8;

/**
 * A text as mathematics writes it, in one spelling of characters, spaces, fractions, roots and relations; case and
 * meaning are kept. The form of a form is itself. Empty when nothing is left, or when it nests too deep.
 *
 * `$`, `\(`, `\left`, `\text{}`, `\boxed{}`, markdown around the whole and a trailing period go; a currency stays as
 * `\$`, degrees as `^\circ`, and the space in `1, 234`, which tells a list from thousands. Names of mathematics in
 * words (`pi`, `sqrt(2)`, `<=`) become commands where the text is mathematics.
 */
export function normalised(text: string, isMathematics = true): string {
  const isPlain = !/[\\{]/.test(text);
  let current = text;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const bare = pruned(current, isPlain);
    const next = spaced(isMathematics ? withNames(bare) : bare);
    if (next === current) return current;
    current = next;
  }
  return '';
}

function pruned(text: string, isPlain: boolean): string {
  let current = isAscii(text) ? text : inAscii(text);
  if (current.includes('&') || current.includes('<')) current = withoutMarkup(current);
  if (current.includes('\\')) current = unwrapped(current.replace(COMMAND, rewritten));
  if (current.includes('$')) current = withoutDelimiters(current);
  if (current.includes('{') || current.includes('\\') || current.includes('^'))
    current = braced(current, isPlain);
  return withoutEdges(current);
}

/** A command with its braces-free extras, the line break of a matrix among them. */
const COMMAND =
  /\\(?:left|right|middle) ?\.(?!\d)|\\(?:[hv]space\*?|tag\*?|label|color|textcolor) ?\{[^{}]*\}|\\\\(?: ?\[[-\d. a-z]{1,12}\])?|\\[a-zA-Z]+\*?|\\[^a-zA-Z]|~/g;

/** Commands that say nothing, or that have a more common name. */
const COMMANDS: Readonly<Record<string, string>> = Object.assign(
  {},
  group(
    ' ',
    String.raw`\, \; \: \> \quad \qquad \enspace \thinspace \space \newline \medspace \thickspace`,
  ),
  group(
    '',
    String.raw`\! \( \) \[ \] \left \right \middle \displaystyle \textstyle \scriptstyle \limits \nolimits`,
  ),
  group(
    '',
    String.raw`\big \Big \bigg \Bigg \bigl \bigr \Bigl \Bigr \biggl \biggr \Biggl \Biggr \strut \negthinspace`,
  ),
  group('\\frac', String.raw`\dfrac \tfrac \cfrac`),
  group('\\binom', String.raw`\dbinom \tbinom`),
  group('\\le ', String.raw`\leq \leqslant \leqq`),
  group('\\ge ', String.raw`\geq \geqslant \geqq`),
  group('\\ne ', String.raw`\neq`),
  group('\\emptyset ', String.raw`\varnothing`),
  group('\\infty ', String.raw`\infin`),
  group('^\\circ ', String.raw`\degree \degrees \textdegree`),
  group('\\dots ', String.raw`\ldots \cdots \dotsc \dotsb`),
  group('|', String.raw`\lvert \rvert \vert \mid`),
  group('\\backslash ', String.raw`\textbackslash`),
  group('\\setminus ', String.raw`\smallsetminus`),
  group('\\rightarrow ', String.raw`\to \longrightarrow`),
  { '~': ' ', '\\lt': '<', '\\gt': '>', '\\lbrace': '\\{', '\\rbrace': '\\}', '\\lbrack': '[' },
  { '\\rbrack': ']', '\\ast': '*', '\\colon': ':', '\\%': '%', '\\#': '#', '\\_': '_' },
  { '\\euro': '€', '\\pounds': '£', '\\textdollar': '\\$', '\\R': '\\mathbb{R}' },
);

function group(written: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, written]));
}

function rewritten(command: string): string {
  if (command.length > 2 && command.startsWith('\\\\')) return '\\\\';
  if (/^\\\s$/.test(command) || /\{.*\}$/.test(command)) return ' ';
  if (/^\\(?:left|right|middle) ?\.$/.test(command)) return '';
  return Object.hasOwn(COMMANDS, command) ? (COMMANDS[command] ?? '') : command;
}

const WRAPPER =
  /\\(?:text(?:bf|it|rm|sf|tt|up|normal)?|math(?:rm|bf|it|sf|tt|normal)|[mh]box|emph|operatorname\*?|bm|boldsymbol|boxed|fbox|framebox|underline|ensuremath) ?\{/g;
const FUNCTION = /^(?:arc(?:sin|cos|tan|cot)|(?:sin|cos|tan|cot|csc)h?|ln|log|exp|gcd|lcm)$/;
/** Units of one letter, which without their command are variables. */
const LETTER_UNIT = /^\\(?:text(?:rm)?|mathrm|mbox) ?\{ *[mgshLNJWVK](?:\/[a-z]{1,3}(?:\^\d)?)? *$/;
const VECTOR = /^\\(?:mathbf|bm|boldsymbol)/;

/** A text without the commands that only change how words look; a bold letter, a vector, keeps its command, a unit `m`, too. */
function unwrapped(text: string): string {
  if (text.search(WRAPPER) < 0) return text;
  const closes = closings(text);
  const cuts: { from: number; to: number; as: string }[] = [];
  for (const { 0: command, index } of text.matchAll(WRAPPER)) {
    const start = index + command.length;
    const close = closes[start - 1] ?? -1;
    if (close < 0 || (VECTOR.test(command) && /^[a-zA-Z]}/.test(text.slice(start, start + 2))))
      continue;
    const name = text.slice(start, close);
    if (LETTER_UNIT.test(text.slice(index, close)) && isBehindTerm(text, index)) {
      cuts.push({ from: index, to: close, as: `\\text{${name.trim()}` });
      continue;
    }
    const isSecant = name === 'sec' && command.startsWith('\\operatorname');
    const isFunction = isSecant || FUNCTION.test(name);
    cuts.push({ from: index, to: start, as: isFunction ? ' \\' : ' ' });
    cuts.push({ from: close, to: close + 1, as: ' ' });
  }
  cuts.sort((a, b) => a.from - b.from);
  let result = '';
  let copied = 0;
  for (const { from, to, as } of cuts) {
    result += text.slice(copied, from) + as;
    copied = to;
  }
  return result + text.slice(copied);
}

/** Whether a number, a bracket or π ends at a place, and no index of a formula of chemistry. */
function isBehindTerm(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 16), at);
  return /(?:[\d)}\]]|\\pi) *$/.test(before) && !/_(?:\d+|\{[^{}]*\}) *$/.test(before);
}

const DELIMITER = /(?<!\\)\$/g;
const CURRENCY = /(?<!\\)\$(?= ?-?(?:\d|\.\d))|(?<=\d ?)(?<!\\)\$$/;

/** A text whose `$` around formulas are gone; the one before or behind an amount is `\$`. */
function withoutDelimiters(text: string): string {
  const signs = text.match(DELIMITER)?.length ?? 0;
  if (signs === 0) return text;
  const amounts = text.match(/(?<!\\)\$(?=\d)/g)?.length ?? 0;
  if (signs % 2 === 0 && amounts === signs) return text.replace(DELIMITER, '\\$');
  const kept = signs % 2 === 1 ? text.replace(CURRENCY, '\\$') : text;
  return kept.replace(DELIMITER, '');
}

/** The braces that LaTeX needs, and no others. `x^10` in LaTeX is `x^1 0`, whatever its writer meant, but for powers of ten. */
function braced(text: string, isPlain: boolean): string {
  const current = withArguments(
    text.replace(/\{([,:])\}/g, '$1').replace(/\{\}(?=[\^_])/g, ''),
    isPlain,
  );
  return withoutOuterBraces(
    current
      .replace(/\^ ?(?:\{ ?\\circ ?\}|\\circ(?![a-zA-Z]))/g, '^\\circ ')
      .replace(/([\^_]) ?\{ ?([a-zA-Z0-9]) ?\}(?!\d)/g, '$1$2')
      .replace(/(?<!(?<![\d.])10 ?)\^ ?(\d)(?=\d+(?![\d.]))/g, isPlain ? '$&' : '^$1 ')
      .replace(/([\^_]) ?(-?\d+\.\d+|-\d+|\d{2,})(?!\.?\d)/g, '$1{$2}')
      .replace(/\^ ?\(([^(){}]*)\)/g, '^{$1}')
      .trim(),
  );
}

/** What stands around an answer and is no part of it: markdown, quotes, a leading `=`, a trailing period. */
function withoutEdges(text: string): string {
  if (!/[`*_"'=:.,;\\]/.test(text)) return text.trim();
  return text
    .replace(/`+/g, '')
    .replace(/\.{3,}/g, '\\dots ')
    .trim()
    .replace(/^(\*{1,3}|__)(?=[^*_])([^*]*[^*_])\1(?!\*)/, '$2')
    .replace(/(?<![\w)}*])\*\*([^*]+)\*\*(?![\w(*])/g, '$1')
    .replace(/^\*+ ?|(?<!\*)\*+$/g, '')
    .replace(/^"([^"]*)"$|^'([^']*)'$/, '$1$2')
    .replace(/^[=:] *|\\+$/g, '')
    .replace(
      /(:\d\d(?= ?[ap])|\d(?= ?[ap]\.)) ?([ap])\.? ?m\.?$/i,
      (_all, time, half) => `${time} ${half.toLowerCase()}m`,
    )
    .replace(/(?<![.,;: ])[.,;: ]+$/, '');
}

/** Names of mathematics that are written as words. */
function withNames(text: string): string {
  if (!/pi|inf|sqrt|minus|negative|[<>!]=|\*\*/i.test(text)) return text;
  return text
    .replace(/(?<![a-zA-Z\\])(?:pi)(?![a-zA-Z])/g, '\\pi ')
    .replace(/(?<![a-zA-Z\\])(?:infinity|infty)(?![a-zA-Z])/gi, '\\infty ')
    .replace(/(?<![a-zA-Z\\])sqrt(?: ?\(([^()]*)\)|(?![a-zA-Z]))/g, (_all, inside?: string) =>
      inside === undefined ? '\\sqrt ' : `\\sqrt{${inside}}`,
    )
    .replace(/\\sqrt ?\(([^()]*)\)/g, '\\sqrt{$1}')
    .replace(/^(?:minus|negative) (?=[\d.\\])/i, '-')
    .replace(/(?<=[\w)])\*\*(?=[\d(-])/g, '^')
    .replace(/<=/g, '\\le ')
    .replace(/>=/g, '\\ge ')
    .replace(/ !=/g, '\\ne ');
}

/**
 * Spaces go but for some: between letters or digits, behind a period, before a currency, and before a word that stands
 * behind a formula.
 */
const SPACE =
  / (?![\p{L}\p{N}]|\\\$)|(?<![\p{L}\p{N},}\])%.]) |(?<!\p{L}) (?=\\)|(?<=[}\])%]) (?![a-zA-Z]{2})|(?<=[^\d],) |(?<=\\[a-zA-Z]+) (?![a-zA-Z])/gu;
/** The space behind the comma of a list, but where the comma without it would be one of thousands. */
const LIST_SPACE = /(?<=,) (?!\d{3}(?!\d))/g;
const THOUSANDS = /\d,\d{3}(?!\d)/;

function spaced(text: string): string {
  if (!/\s/.test(text)) return text;
  const current = text.replace(/\s+/g, ' ').trim().replace(SPACE, '');
  return THOUSANDS.test(current) ? current : current.replace(LIST_SPACE, '');
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ nbsp: ' ', lt: '<', gt: '>', le: '\\le ', ge: '\\ge ', ne: '\\ne ', minus: '-', amp: '&' },
  ...{ times: '\\times ', deg: '^\\circ ', pi: '\\pi ', radic: '\\sqrt ', infin: '\\infty ' },
};

function withoutMarkup(text: string): string {
  return text
    .replace(/&([a-z]{2,6});/g, (all, name: string) =>
      Object.hasOwn(ENTITIES, name) ? (ENTITIES[name] ?? all) : all,
    )
    .replace(/<sup>([^<>]*)<\/sup>/gi, '^{$1}')
    .replace(/<sub>([^<>]*)<\/sub>/gi, '_{$1}')
    .replace(/<(b|i|u|p|em|strong|code|span)>([^<>]*)<\/\1>/gi, '$2')
    .replace(/<br ?\/?>/gi, ' ');
}
