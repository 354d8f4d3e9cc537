const MARK = '\\boxed';
const OPEN = 123;
const CLOSE = 125;
const BACKSLASH = 92;

/** A box: what stands in it, and where the whole of it begins and ends. */
export type Box = { text: string; from: number; to: number };

/**
 * The last complete, non-empty `\boxed{…}`; braces nest, escaped ones do not count. One pass over the text,
 * whatever it holds.
 */
export function lastBoxed(text: string): Box | undefined {
  let at = text.indexOf(MARK);
  if (at < 0) return undefined;
  const starts: { mark: number; content: number; depth: number }[] = [];
  let found: { mark: number; content: number; end: number } | undefined;
  let depth = 0;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) {
      const content = text.startsWith(MARK, at) ? contentAfter(text, at + MARK.length) : undefined;
      if (content === undefined) at++;
      else {
        starts.push({ mark: at, content, depth });
        depth++;
        at = content - 1;
      }
    } else if (code === OPEN) depth++;
    else if (code === CLOSE && depth > 0) {
      depth--;
      const start = starts.at(-1);
      if (start?.depth !== depth) continue;
      starts.pop();
      if (start.content >= (found?.content ?? 0) && /\S/.test(text.slice(start.content, at)))
        found = { mark: start.mark, content: start.content, end: at };
    }
  }
  if (!found) return undefined;
  return { text: text.slice(found.content, found.end), from: found.mark, to: found.end + 1 };
}

function contentAfter(text: string, at: number): number | undefined {
  const brace = text[at] === ' ' ? at + 1 : at;
  return text.charCodeAt(brace) === OPEN ? brace + 1 : undefined;
}
