/** Names of functions and constants that people write without a backslash. */
const PLAIN_NAMES = [
  ...['arcsin', 'arccos', 'arctan', 'sinh', 'cosh', 'tanh', 'sqrt', 'theta', 'alpha', 'gamma'],
  ...['delta', 'lambda', 'omega', 'sigma', 'beta', 'sin', 'cos', 'tan', 'sec', 'csc', 'cot'],
  ...['log', 'exp', 'phi', 'ln', 'pi', 'mu'],
];
const PLAIN = new RegExp(`(?<![A-Za-z\\\\])(?:${PLAIN_NAMES.join('|')})(?![A-Za-z])`, 'g');
/** A slash whose denominator goes on without a sign: `1/2x` is read in two ways. */
const OPEN_SLASH =
  /\/ ?(?:[\d.]+|[A-Za-z]|\\(?:pi|theta|alpha|beta)|\\sqrt ?\{[^{}]*\}|\([^()]*\)) ?(?:[A-Za-z({]|\\(?!cdot|times|div|pm|mp|right|rfloor|rceil|[,;:! ])[A-Za-z])/;
/** `r cis t`: r (cos t + i sin t). */
const CIS = /(?<![A-Za-z])\\?cis ?(\([^()]*\)|[^()+-]+$)/g;
/** Two capitals or more are the name of one thing, a segment or a word, and no product; commands are left as they are. */
const NAMES = /\\[A-Za-z]+|(?<!_)([A-Z])([A-Z]+)/g;
/** What LaTeX reads in another way than its writer may have meant: `\sqrt23`, `\frac123`, `x^1 0` for `x^10`. */
const OPEN_ARGUMENT =
  /\\sqrt ?(?:\[[^[\]]*\] ?)?\d\d|\\(?:frac|binom) ?(?:\d|\{(?:[^{}]|\{[^{}]*\})*\}) ?\d\d|\^1 \d|(?<!\\(?:arc)?(?:sin|cos|tan|cot|sec|csc|ln|log|lg)h?)\^\d \d/;
/** Nesting of brackets and braces that is read. */
const MAX_DEPTH = 40;

/**
 * An expression as the engine reads it: plain spellings (`sqrt(2)`, `x^10`, `2**3`) in LaTeX, and `\log` without
 * a base as `\lg`. Undefined where it is nested too deeply, or a reader could take it in two ways (`1/2x`, `1 2`).
 */
export function latexOf(text: string): string | undefined {
  if (depthOf(text) > MAX_DEPTH || text.split('|').length > 9) return undefined;
  if (OPEN_ARGUMENT.test(text)) return undefined;
  const spelled = text
    .replace(/\\(?:left|right|displaystyle|limits)(?![A-Za-z])|\\[,;:! ]|~/g, ' ')
    .replace(/\\(?:dfrac|tfrac|cfrac)(?![A-Za-z])/g, '\\frac')
    .replace(/\\(?:mathrm|text|operatorname|mathit|textit) ?\{ ?([A-Za-z]+) ?\}/g, ' $1 ')
    .replace(CIS, '(\\cos{$1}+i\\sin{$1})')
    .replace(
      /\\(?:vec|mathbf|boldsymbol|bm)(?![A-Za-z]) ?\{? ?([a-z]|\\[ij]math) ?\}?/g,
      ' $1_{vec}',
    )
    .replace(/\\hat(?![A-Za-z]) ?\{? ?([a-z]|\\[ij]math) ?\}?/g, ' $1_{hat}')
    .replace(NAMES, (all, first?: string, rest?: string) =>
      first === undefined ? all : ` ${first}_{name${rest}} `,
    )
    .replaceAll('**', '^')
    .replaceAll('·', '\\cdot ')
    .replace(PLAIN, '\\$& ')
    .replace(/\^ ?(-?\d+(?:\.\d+)?)/g, '^{$1}')
    .replace(/_ ?(\d)(?![\d.])/g, '_{$1}')
    .replace(/\\ln(?![A-Za-z])/g, '\\ln ')
    .replace(/\\log(?![A-Za-z])(?! ?_)/g, '\\lg ')
    .replace(/ {2,}/g, ' ');
  if (
    OPEN_SLASH.test(spelled) ||
    /\^(?:\{[^{}]*\}|\w) ?!/.test(spelled) ||
    /[\d.] [\d.]|_ ?\d\d|_\d[\d.]/.test(spelled)
  )
    return undefined;
  return withArguments(bracedArguments(spelled).trim());
}

/** A function with its scripts: `\sin^2`, `\log_2`. */
const FUNCTION =
  /\\(?:(?:arc)?(?:sin|cos|tan|cot|sec|csc)h?|ln|lg|log|exp)(?![A-Za-z])(?: ?[_^] ?(?:\{[^{}]*\}|\w))*/g;
/** A factor of an argument without brackets; its brace groups are found apart. */
const FACTOR =
  /(?:\^ ?\\circ(?![A-Za-z])|\d+(?:\.\d+)?|[A-Za-z]|\\(?:pi|alpha|beta|gamma|delta|theta|phi|varphi|lambda|omega|mu)(?![A-Za-z])) ?/y;
const GROUPED = /\\(?:frac|sqrt|binom)(?: ?\[[^[\]{}]*\])? ?(?=\{)|[\^_] ?(?=[{\w])/y;
const OPEN_FACTOR = /e ?\^|\\sqrt/y;
const NEXT_FUNCTION = /(?:\\cdot|\\times|[*/]) ?\\(?:arc|sin|cos|tan|cot|sec|csc|ln|lg|log|exp)/y;

/**
 * A text with brackets around every argument: `\ln x\sin y` is a product. Undefined where the end of an argument
 * is a matter of taste: `\sin x/2`, `\ln 2\cdot x`.
 */
function withArguments(text: string): string | undefined {
  const inserted: { at: number; text: string }[] = [];
  for (const { 0: name, index } of text.matchAll(FUNCTION)) {
    const start = skip(text, index + name.length, / ?/y);
    if (start >= text.length || '(|['.includes(text[start] ?? '')) continue;
    const end = argumentEnd(text, start);
    if (end === undefined) return undefined;
    if (end === start) continue;
    if (/[(*/]|\\(?:cdot|times)/y.test(text.slice(end)) && skip(text, end, NEXT_FUNCTION) === end)
      return undefined;
    inserted.push({ at: start, text: '(' }, { at: end, text: ')' });
  }
  let result = '';
  let copied = 0;
  for (const { at, text: bracket } of inserted.sort((a, b) => a.at - b.at)) {
    result += text.slice(copied, at) + bracket;
    copied = at;
  }
  return result + text.slice(copied);
}

/** Undefined where a factor follows that may belong to the argument or not: `\cos x e^x`, `\ln 2\sqrt{3}`. */
function argumentEnd(text: string, start: number): number | undefined {
  if (text[start] === '{') return groupEnd(text, start);
  let end = skip(text, start, /-? ?/y);
  const first = end;
  for (;;) {
    if (end > first && skip(text, end, OPEN_FACTOR) > end) return undefined;
    const plain = skip(text, end, FACTOR);
    let next = plain > end ? plain : skip(text, end, GROUPED);
    if (next === end) return end === first ? start : end;
    if (plain === end && text[next] !== '{') next++;
    while (text[next] === '{') next = groupEnd(text, next);
    end = next;
  }
}

/** The place behind the brace that closes the one at `at`. */
function groupEnd(text: string, at: number): number {
  let depth = 0;
  for (let end = at; end < text.length; end++) {
    if (text[end] === '{') depth++;
    else if (text[end] === '}' && --depth === 0) return end + 1;
  }
  return text.length;
}

function skip(text: string, at: number, pattern: RegExp): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** `\sqrt(…)` and `^(…)` with braces around the bracket, which LaTeX takes for one character. */
function bracedArguments(text: string): string {
  let out = '';
  const closers: number[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '(') {
      depth++;
      if (/(?:\\sqrt ?|\^ ?)$/.test(out.slice(-7))) {
        closers.push(depth);
        out += '{';
      }
      out += char;
    } else if (char === ')') {
      out += char;
      if (closers.at(-1) === depth) {
        closers.pop();
        out += '}';
      }
      depth--;
    } else out += char;
  }
  return out;
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const char of text) {
    if ('([{'.includes(char)) deepest = Math.max(deepest, ++depth);
    else if (')]}'.includes(char)) depth--;
  }
  return deepest + (text.match(/\^|_|\\sqrt|\\frac/g)?.length ?? 0) / 4;
}
