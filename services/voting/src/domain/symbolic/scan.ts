/** A piece of a text as it is split: a command, a word, a character; how deep in brackets it stands. */
export type Token = { text: string; at: number; depth: number; role: 'open' | 'close' | 'other' };

const TOKEN =
  /\\(?:begin|end) ?\{[a-zA-Z]+\*?\}|\\(?:text|mathrm|textbf|mbox|operatorname) ?\{[^{}]*\}|\\[A-Za-z]+|\\.|[A-Za-z]+|<=|>=|!=|\s+|./gs;
const OPEN = /^(?:[([{]|\\\{|\\langle|\\lfloor|\\lceil|\\lvert|\\begin.*)$/;
const CLOSE = /^(?:[)\]}]|\\\}|\\rangle|\\rfloor|\\rceil|\\rvert|\\end.*)$/;

/** The tokens of a text; undefined where brackets do not pair, `(` and `[` apart, or pair in excess of `limit`. */
export function tokensOf(text: string, limit: number): Token[] | undefined {
  const tokens: Token[] = [];
  const open: string[] = [];
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (OPEN.test(token)) {
      tokens.push({ text: token, at: index, depth: open.length, role: 'open' });
      open.push(token);
      if (open.length > limit) return undefined;
    } else if (CLOSE.test(token)) {
      const opened = open.pop();
      if (opened === undefined || !pairs(opened, token)) return undefined;
      tokens.push({ text: token, at: index, depth: open.length, role: 'close' });
    } else tokens.push({ text: token, at: index, depth: open.length, role: 'other' });
  }
  return open.length === 0 ? tokens : undefined;
}

function pairs(open: string, close: string): boolean {
  if (open === '(' || open === '[') return close === ')' || close === ']';
  if (open === '{') return close === '}';
  if (open === '\\{') return close === '\\}';
  if (open.startsWith('\\begin')) return close === open.replace('begin', 'end');
  return close === open.replace(/^\\l/, '\\r');
}

/** A text split at the tokens outside of brackets that separate, with the separators between the parts. */
export function split(
  text: string,
  tokens: readonly Token[],
  separates: (token: string) => boolean,
): { parts: string[]; separators: string[] } {
  const parts: string[] = [];
  const separators: string[] = [];
  let from = 0;
  for (const token of tokens) {
    if (token.depth > 0 || token.role !== 'other' || !separates(token.text)) continue;
    parts.push(text.slice(from, token.at).trim());
    separators.push(token.text);
    from = token.at + token.text.length;
  }
  parts.push(text.slice(from).trim());
  return { parts, separators };
}

/** What stands between the brackets of a text that is one bracket as a whole. */
export function bracketed(
  text: string,
  tokens: readonly Token[],
): { open: string; close: string; inner: string } | undefined {
  const [first, last] = [tokens[0], tokens.at(-1)];
  if (first?.role !== 'open' || last?.role !== 'close') return undefined;
  const end = tokens.findIndex((token) => token.role === 'close' && token.depth === 0);
  if (end !== tokens.length - 1) return undefined;
  return {
    open: first.text,
    close: last.text,
    inner: text.slice(first.at + first.text.length, last.at).trim(),
  };
}
