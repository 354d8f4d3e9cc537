/** For every `{` of a text the place of the `}` that closes it; -1 elsewhere and where none does. Escaped ones do not count. */
export function closings(text: string): Int32Array {
  const closes = new Int32Array(text.length).fill(-1);
  const open: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const one = text[at];
    if (one === '\\') at++;
    else if (one === '{') open.push(at);
    else if (one === '}') {
      const start = open.pop();
      if (start !== undefined) closes[start] = at;
    }
  }
  return closes;
}

/** A text without the braces that stand around the whole of it. */
export function withoutOuterBraces(text: string): string {
  if (!text.startsWith('{') || !text.endsWith('}')) return text;
  return closings(text)[0] === text.length - 1 ? text.slice(1, -1) : text;
}

/** How many arguments LaTeX commands take that people write without braces, `\frac12`. */
const ARGUMENTS: Readonly<Record<string, number>> = {
  frac: 2,
  binom: 2,
  sqrt: 1,
  overline: 1,
  bar: 1,
};
const COMMAND = /\\(?:([a-zA-Z]+)|[^a-zA-Z])/g;
const OPTION = /^ ?\[[^[\]{}]*\]/;
/** What LaTeX takes as one argument where no brace stands; of a root in plain text all digits, since that is what is meant. */
const TOKEN = /^(?:\d|[a-zA-Z]|\\[a-zA-Z]+)/;
const ROOT_TOKEN = /^(?:\d+(?:\.\d+)?|[a-zA-Z]|\\[a-zA-Z]+)/;

/**
 * A text with braces around every argument of a fraction or a root: `\frac12` as `\frac{1}{2}`, and `√23`, which is
 * `\sqrt23` by now, as `\sqrt{23}` if it was plain text. In LaTeX `\sqrt23` and `\frac123` are left open: they say
 * something else than what is often meant by them.
 */
export function withArguments(text: string, isPlain: boolean): string {
  if (!text.includes('\\')) return text;
  const closes = closings(text);
  let result = '';
  let copied = 0;
  for (const { 0: command, 1: name = '', index } of text.matchAll(COMMAND)) {
    let at = index + command.length;
    if (name === 'sqrt') at += OPTION.exec(text.slice(at, at + 16))?.[0].length ?? 0;
    for (let left = Object.hasOwn(ARGUMENTS, name) ? (ARGUMENTS[name] ?? 0) : 0; left > 0; left--) {
      const start = text[at] === ' ' ? at + 1 : at;
      const close = closes[start] ?? -1;
      if (close < 0) {
        const pattern = name === 'sqrt' ? ROOT_TOKEN : TOKEN;
        const token = pattern.exec(text.slice(start, start + 64))?.[0];
        if (token === undefined || start < copied || OWN_ARGUMENTS.test(token)) break;
        const isLong = /\d\d/.test(text.slice(start, start + 2));
        if (isLong && left === 1 && !(isPlain && name === 'sqrt')) break;
        result += `${text.slice(copied, at)}{${token}}`;
        copied = start + token.length;
        at = copied;
      } else at = close + 1;
    }
  }
  return result + text.slice(copied);
}

const OWN_ARGUMENTS = /^\\(?:frac|binom|sqrt|overline|bar|text|math[a-z]+|left|right)$/;
