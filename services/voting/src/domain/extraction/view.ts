import { blanked, type Span } from './span.ts';

const THINKING = /<(\/?)(?:think|thinking|thought|reasoning|reflection)>/gi;
/** Inline code that is words, or a box: quoted, not code. */
const QUOTED = /^`+[\p{L}\p{N}\s\\{}.,'’-]*`+$/u;
const WIDE = /[\uff01-\uff5e]/g;
/** Emoji and bullets, but none that says no. */
const SYMBOL =
  /(?![❌❎✗✘✖⛔🚫👎])(?:\p{So}|\p{Extended_Pictographic})|\ufe0f|\u200d|\u20e3|[•‣◦⁃∙]/gu;

/**
 * A response with its closed blocks of thinking blanked. A closing tag without an opening one closes what was opened
 * in the prompt; an opening one that is never closed is a part of the text.
 */
export function withoutThinking(response: string): string {
  if (!response.includes('</')) return response;
  const blocks: Span[] = [];
  let opened: number | undefined;
  let end = 0;
  for (const tag of response.matchAll(THINKING)) {
    if (tag[1] === '') {
      opened ??= tag.index;
      continue;
    }
    const from = opened ?? end;
    end = tag.index + tag[0].length;
    blocks.push({ from, to: end });
    opened = undefined;
  }
  return blanked(response, blocks);
}

/** A text with its code blanked: fences, to the end where one is not closed, and what is inline and not words. */
export function withoutCode(text: string): string {
  if (!text.includes('`') && !text.includes('~~~')) return text;
  const fences: Span[] = [];
  let opened: { from: number; fence: string } | undefined;
  for (const { 0: fence, index } of text.matchAll(/^[ \t>]{0,8}(?:```|~~~)/gm)) {
    const mark = fence.slice(-3);
    if (!opened) opened = { from: index, fence: mark };
    else if (opened.fence === mark) {
      fences.push({ from: opened.from, to: index + fence.length });
      opened = undefined;
    }
  }
  if (opened) fences.push({ from: opened.from, to: text.length });
  const outside = blanked(text, fences);
  const inline: Span[] = [];
  for (const { 0: code, index } of outside.matchAll(/`[^`\n]+`/g))
    if (!QUOTED.test(code)) inline.push({ from: index, to: index + code.length });
  return blanked(outside, inline);
}

/** A text with the letters of full width in ASCII, and emoji and bullets blanked. */
export function withoutSymbols(text: string): string {
  return text
    .replace(WIDE, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(SYMBOL, (symbol) => ' '.repeat(symbol.length));
}
