import { readUnit } from '../equality/units.ts';
import type { Joint, Meaning, Relator } from './meaning.ts';
import { bracketed, split, type Token, tokensOf } from './scan.ts';

/** Nesting of brackets that is read, and parts of a list. */
const MAX_DEPTH = 24;
const MAX_PARTS = 64;

const JOINTS: Readonly<Record<string, Joint>> = {
  ...{ ',': ',', ';': ',', or: 'or', and: 'and', '\\lor': 'or', '\\vee': 'or' },
  ...{ '\\land': 'and', '\\wedge': 'and' },
};
const RELATORS: Readonly<Record<string, Relator>> = {
  ...{ '=': '=', '<': '<', '>': '>', '\\le': '\\le', '\\ge': '\\ge', '\\ne': '\\ne' },
  ...{
    '<=': '\\le',
    '>=': '\\ge',
    '!=': '\\ne',
    '\\leq': '\\le',
    '\\geq': '\\ge',
    '\\neq': '\\ne',
  },
  ...{ '\\approx': '=', '\\in': '\\in', '\\notin': '\\notin', '\\lt': '<', '\\gt': '>' },
};
const OPERATIONS: Readonly<Record<string, 'union' | 'intersection' | 'difference'>> = {
  ...{ '\\cup': 'union', '\\cap': 'intersection', U: 'union' },
  ...{ '\\setminus': 'difference', '\\backslash': 'difference' },
};
/** Signs of statements that are compared as text. */
const UNREAD =
  /\\(?:equiv|sim|cong|mid|nmid|parallel|perp|subset|subseteq|rightarrow|Rightarrow|iff|dots|forall|exists|pmod|int|lim|angle|triangle)(?![A-Za-z])|(?<![\d.])\\overline(?!\{(?=[^{}]*i)(?:[-+\d.abixy()/ ]|\\sqrt\{\d+\})+\})/;
const NOTHING =
  /^(?:\\emptyset|\\varnothing|(?:the )?empty set|none|(?:there (?:are|is) )?no (?:real )?(?:solutions?|roots?|such \w+)(?: exists?)?)$/i;
const MISSING = /^(?:dne|(?:the limit )?does not exist|undefined|not defined)$/i;
const EVERYTHING =
  /^(?:\\mathbb\{?R\}?|\\Reals|(?:all )?(?:the )?real (?:numbers|values)(?: (?:of )?[a-z])?|all reals?(?: [a-z])?|(?:the )?set of (?:all )?real numbers)$/i;
const ALL_BUT =
  /^(?:\\mathbb\{?R\}?-(?=\\\{)|(?:all )?real(?: number)?s (?:except|other than|but)(?: for)? ?)(.+)$/i;
const BASED = /^\(?([0-9A-Za-z]{1,64})\)?_(?:\{\(?(\d{1,2})\)?\}|(\d))$/;
const TURNED_BRACKETS = /^([[\]])([^()[\]{},;]+)[,;]([^()[\]{},;]+)([[\]])$/;
/** Letters that are factors side by side rather than a word. */
const FACTORS = /^(?:a?[b-df-hj-np-tv-z]{0,3}|[A-Z]{3})$/;
const SHORT_WORDS = /^(?:no|on|ok|so|to|at|is|it|in|am|pm|if|of|up|go|as|an|by|he|we|me|us)$/i;
/** "All x with …", which says no more than the condition; `\{x|…\}` without its braces. */
const ALL =
  /^all (?:real )?(?:numbers |values (?:of )?)?(?=[a-z](?:\\ne|<|>|\\le|\\ge|\\in)(?![A-Za-z]))/i;
const BUILDER =
  /^([a-z])(?:\\in ?\\mathbb\{?R\}?)?[|:](.*(?:[<>]|\\(?:ne|le|ge|in)(?![A-Za-z])).*)$/;
/** A matrix as an array in brackets; a decimal that is added to an exact value. */
const ARRAY = /^[[(]\\begin\{array\}\{[lcr| ]*\}(.*)\\end\{array\}[\])]$/s;
const ROUNDED = /(?<=[^a-zA-Z=].*)\\approx ?-?\d*\.\d+$/;
/** Dates, telephone numbers and years: digits with lines between them that nobody subtracts or divides. */
const DIGITS = /^\d{1,4}([-/])\d{1,4}(?:\1\d{1,4})+$|^\d{3,4}-\d{4}$/;
/** A letter between two numbers, which is an operator or an abbreviation: `4 R 1`, `5C2`; points of the compass; a sequence. */
const NO_FACTORS = /\d ?[A-Za-z] ?\d|^[A-Z] ?\d+(?:\.\d+)?(?:\^\\circ)? ?[A-Z]$|^[A-Z](?: [A-Z])+$/;
const RATIO_PART =
  /^(?:[\d.+*/^(){}-]|\\(?:sqrt|frac|pi)(?![A-Za-z])|(?<![A-Za-z])[a-z](?![a-z]))+$/;
const FUNCTION_NAMES =
  /^(?:arc|a)?(?:sin|cos|tan|cot|sec|csc)h?$|^(?:ln|log|lg|exp|sqrt|pi|abs|det|gcd|lcm|cis|max|min|theta|alpha|beta|gamma|phi|mu|lambda|omega|sigma|delta|frac|cdot)$/;

/** What a text says. What is too deep, too long or not understood is `words`. */
export function read(text: string, depth = 0): Meaning {
  const plain = text
    .trim()
    .replace(ARRAY, '\\begin{pmatrix}$1\\end{pmatrix}')
    .replace(ROUNDED, '')
    .replace(ALL, '');
  const tokens = tokensOf(plain, MAX_DEPTH);
  const named = NOTHING.test(plain) || plain === '\\{\\}' ? EMPTY : special(plain, depth);
  if (named) return named;
  if (!tokens || tokens.length === 0 || depth > MAX_DEPTH || UNREAD.test(plain))
    return { kind: 'words', text: plain };
  return (
    readList(plain, tokens, depth) ??
    readRelation(plain, tokens, depth) ??
    readCombination(plain, tokens, depth) ??
    readBracket(plain, tokens, depth) ??
    readMatrix(plain, tokens, depth) ??
    readTwoSigns(plain, depth) ??
    readRatio(plain, tokens) ??
    readTerm(plain, tokens)
  );
}

const EMPTY: Meaning = { kind: 'set', items: [] };

function special(text: string, depth: number): Meaning | undefined {
  if (text.length > 2 * MAX_PARTS) return undefined;
  if (MISSING.test(text)) return { kind: 'words', text: 'does not exist' };
  if (EVERYTHING.test(text)) return { kind: 'reals' };
  const without = ALL_BUT.exec(text)?.[1];
  if (without !== undefined && depth === 0) {
    const removed = read(without.replace(/^[a-z](?:=|\\ne)/, ''), depth + 1);
    return { kind: 'combination', operation: 'difference', parts: [{ kind: 'reals' }, removed] };
  }
  const condition = BUILDER.exec(text);
  if (condition?.[2]?.includes(condition[1] ?? '') === true) return read(condition[2], depth + 1);
  const based = BASED.exec(text);
  if (based && /^\d|../.test(based[1] ?? ''))
    return { kind: 'words', text: `${based[1]?.toUpperCase()}_${based[2] ?? based[3]}` };
  const turned = TURNED_BRACKETS.exec(text);
  if (!turned || (turned[1] === '[' && turned[4] === ']')) return undefined;
  const items = [turned[2], turned[3]].map((item) => read(item ?? '', depth + 1));
  return {
    kind: 'combination',
    operation: 'union',
    parts: [
      {
        kind: 'group',
        open: turned[1] === '[' ? '[' : '(',
        close: turned[4] === ']' ? ']' : ')',
        items,
      },
    ],
  };
}

function readList(text: string, tokens: Token[], depth: number): Meaning | undefined {
  const { parts, separators } = split(text, tokens, (token) => Object.hasOwn(JOINTS, token));
  const full = parts.filter((part) => part !== '');
  if (separators.length === 0 || full.length > MAX_PARTS) return undefined;
  const [first] = full;
  if (full.length < 2) return first === undefined ? undefined : read(first, depth + 1);
  const words = separators.map((separator) => JOINTS[separator]);
  const joint = words.includes('or') ? 'or' : words.includes('and') ? 'and' : ',';
  if (words.includes('or') && words.includes('and')) return { kind: 'words', text };
  return { kind: 'list', items: full.map((part) => read(part, depth + 1)), joint };
}

function readRelation(text: string, tokens: Token[], depth: number): Meaning | undefined {
  const { parts, separators } = split(text, tokens, (token) => Object.hasOwn(RELATORS, token));
  if (separators.length === 0) return undefined;
  if (parts.length > MAX_PARTS || parts.includes('')) return { kind: 'words', text };
  return {
    kind: 'relation',
    sides: parts.map((part) => read(part, depth + 1)),
    relators: separators.map((separator) => RELATORS[separator] ?? '='),
  };
}

function readCombination(text: string, tokens: Token[], depth: number): Meaning | undefined {
  const hasLetter = !/[)\]] ?U ?[([]/.test(text);
  const { parts, separators } = split(
    text,
    tokens,
    (token) => Object.hasOwn(OPERATIONS, token) && !(token === 'U' && hasLetter),
  );
  const [first] = separators;
  if (first === undefined) return undefined;
  const operation = OPERATIONS[first] ?? 'union';
  const isOne = separators.every((separator) => OPERATIONS[separator] === operation);
  if (!isOne || parts.length > MAX_PARTS) return { kind: 'words', text };
  return { kind: 'combination', operation, parts: parts.map((part) => read(part, depth + 1)) };
}

function readBracket(text: string, tokens: Token[], depth: number): Meaning | undefined {
  const whole = bracketed(text, tokens);
  if (!whole) return undefined;
  const { open, close, inner } = whole;
  if (open === '{') return read(inner, depth + 1);
  if (open === '\\{') return readSet(inner, depth);
  if (open !== '(' && open !== '[' && open !== '\\langle') return undefined;
  const content = read(inner, depth + 1);
  const isList = content.kind === 'list' && content.joint === ',';
  if (!isList && open === '(' && close === ')') return content;
  const items = isList ? content.items : [content];
  if (open === '\\langle') return { kind: 'group', open: '<', close: '>', items };
  return { kind: 'group', open, close: close === ')' ? ')' : ']', items };
}

/** `\{1,2\}`, or `\{x|x>1\}`, which is what its condition says. */
function readSet(inner: string, depth: number): Meaning {
  if (BUILDER.test(inner)) return read(inner, depth + 1);
  const items = read(inner, depth + 1);
  return { kind: 'set', items: items.kind === 'list' ? items.items : [items] };
}

/** A matrix, with a factor before it or transposed; a determinant is a term. */
function readMatrix(text: string, tokens: Token[], depth: number): Meaning | undefined {
  const begin = tokens.findIndex((token) => /^\\begin ?\{[pbB]?matrix\}$/.test(token.text));
  const first = tokens[begin];
  const last = tokens.find(
    (token, at) => at > begin && token.role === 'close' && token.depth === 0,
  );
  if (!first || first.depth > 0 || !last) return undefined;
  const factor = text.slice(0, first.at).replace(/(?:\\cdot|\\times|\*) ?$/, '');
  const behind = text.slice(last.at + last.text.length);
  const isTransposed = /^\^(?:T|\\top|\{T\}|\{\\top\})$/.test(behind);
  if (/\\begin|[-+]./.test(factor) || !(behind === '' || isTransposed))
    return { kind: 'words', text };
  const inner = text.slice(first.at + first.text.length, last.at);
  const rows = cells(inner).map((row) =>
    row.map((cell) => read(factor === '' ? cell : scaled(factor, cell), depth + 1)),
  );
  const width = rows[0]?.length ?? 0;
  if (rows.some((row) => row.length !== width)) return { kind: 'words', text };
  const turned = rows[0]?.map((_, column) => rows.map((row) => row[column] as Meaning));
  return { kind: 'matrix', rows: isTransposed && turned ? turned : rows };
}

function scaled(factor: string, cell: string): string {
  return factor === '-' ? `-(${cell})` : `(${factor})\\cdot(${cell})`;
}

function cells(inner: string): string[][] {
  return inner
    .split('\\\\')
    .map((row) => row.trim())
    .filter((row) => row !== '')
    .map((row) => row.split('&').map((cell) => cell.trim()));
}

/** `a\pm b` as the list of both; with several signs only where `\mp` says that they belong together. */
function readTwoSigns(text: string, depth: number): Meaning | undefined {
  const signs = text.match(/\\(?:pm|mp)(?![A-Za-z])/g) ?? [];
  if (signs.length === 0) return undefined;
  if (signs.filter((sign) => sign === '\\pm').length !== 1) return { kind: 'words', text };
  const items = ['+', '-'].map((pm) =>
    read(
      text
        .replace(/\\pm(?![A-Za-z]) ?/g, pm)
        .replace(/\\mp(?![A-Za-z]) ?/g, pm === '+' ? '-' : '+')
        .replace(/^\+/, ''),
      depth + 1,
    ),
  );
  return { kind: 'list', items, joint: 'or' };
}

/** `1:2:\sqrt{3}`; with words or units it is a time or something else. */
function readRatio(text: string, tokens: Token[]): Meaning | undefined {
  const { parts } = split(text, tokens, (token) => token === ':');
  if (parts.length < 2 || parts.length > MAX_PARTS || parts.some((part) => !RATIO_PART.test(part)))
    return undefined;
  return { kind: 'ratio', parts };
}

function readTerm(text: string, tokens: Token[]): Meaning {
  const quantity = readQuantity(text, tokens);
  if (quantity) return { kind: 'expression', text, ...quantity };
  const isWords =
    DIGITS.test(text) || NO_FACTORS.test(text) || tokens.some((token) => isWord(token, text));
  if (isWords) return { kind: 'words', text };
  return { kind: 'expression', text, head: text, unit: undefined };
}

function isWord({ text: token, at }: Token, text: string): boolean {
  if (/[^\x20-\x7e]/.test(token)) return true;
  if (!/^[A-Za-z]{2,}$/.test(token) || FUNCTION_NAMES.test(token)) return false;
  if (token.length < text.length) return token.length > 3 || isApart(token, at, text);
  return token.length === 2 ? SHORT_WORDS.test(token) : !FACTORS.test(token);
}

/** Whether a space or a digit stands on both sides: `2 to 3`. */
function isApart(token: string, at: number, text: string): boolean {
  return /[ \d]/.test(text[at - 1] ?? '') && /[ \d]/.test(text[at + token.length] ?? '');
}

const NEEDS_ARGUMENT = /\\(?:sin|cos|tan|cot|sec|csc|ln|log|lg)(?![A-Za-z])|\^\\circ|=/;
/** Short units that are rather products of variables. */
const PRODUCTS = /^(?:mi|ms|pt|ha|cc|qt|[a-zA-Z](?![a-zA-Z])(?!\/))/;

/** A term with a unit behind it, or a currency before it. */
function readQuantity(text: string, tokens: Token[]): { head: string; unit: string } | undefined {
  if (text.startsWith('\\$')) return { head: text.slice(2).trim(), unit: 'dollars' };
  for (const token of tokens) {
    const isUnit =
      /^[A-Za-z]+$|^%$|^\\\$$|^\\text ?\{/.test(token.text) ||
      /^\^ ?\\circ$/.test(text.slice(token.at));
    if (token.depth > 0 || token.at === 0 || !isUnit) continue;
    const head = text.slice(0, token.at).trim();
    const isText = token.text.startsWith('\\text');
    const rest = text.slice(token.at).replace(/^\\text ?\{([^{}]*)\}/, '$1');
    const isBehindSpace = isText || (text[token.at - 1] === ' ' && /[\d)}\]]$/.test(head));
    if ((PRODUCTS.test(rest) && !isBehindSpace) || FUNCTION_NAMES.test(token.text)) continue;
    if (/_(?:\d+|\{[^{}]*\})$/.test(head)) continue;
    const unit = /[\d)}\]]$|\\pi$/.test(head) ? readUnit(rest)?.unit.name : undefined;
    if (unit !== undefined && !(unit === '°' && NEEDS_ARGUMENT.test(head))) return { head, unit };
  }
  return undefined;
}
