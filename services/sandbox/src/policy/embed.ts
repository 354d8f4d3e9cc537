import { hashText } from './random.ts';
import { tokenize } from './tokens.ts';

/** Length of an embedding. */
export const EMBEDDING_SIZE = 256;

/** A unit vector of hashed token unigrams and bigrams; all zeros for an empty text. */
export function embed(text: string): number[] {
  const vector = new Array<number>(EMBEDDING_SIZE).fill(0);
  let previous = '';
  for (const token of tokenize(text.toLowerCase())) {
    for (const gram of [token.trim(), `${previous} ${token}`]) {
      const hash = hashText(gram);
      const at = hash % EMBEDDING_SIZE;
      vector[at] = (vector[at] ?? 0) + (hash & 0x10000 ? 1 : -1);
    }
    previous = token;
  }
  const norm = Math.hypot(...vector);
  return norm === 0 ? vector : vector.map((x) => x / norm);
}
