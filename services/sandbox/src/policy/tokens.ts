const TOKEN = /<\|?[a-z]+\|?>| ?[A-Za-z]+| ?(?<![\d)])-\d+| ?\d+| ?[^\sA-Za-z\d]|\s/gu;

/** Size of the nominal vocabulary: text outside the grammar costs ln(VOCABULARY) a token. */
export const VOCABULARY = 32768;

/** Splits text into words, numbers and marks, each with its leading space; joined, they are the text. */
export function tokenize(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

/** How many tokens `tokenize` gives. */
export function countTokens(text: string): number {
  TOKEN.lastIndex = 0;
  let count = 0;
  while (TOKEN.test(text)) count++;
  return count;
}

/** A stable id below VOCABULARY for a token; two tokens may share one. */
export function tokenId(token: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < token.length; i++) hash = Math.imul(hash ^ token.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % VOCABULARY;
}
