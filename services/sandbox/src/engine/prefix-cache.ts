const BLOCK = 16;
const CAPACITY = 8192;

/** Remembers which beginnings of prompts were seen, to count what a real cache would have saved. */
export class PrefixCache {
  readonly #seen = new Map<number, true>();

  /**
   * Notes a prompt by the hash and the token count of each of its beginnings, shortest first;
   * returns the tokens of the longest one seen before, in whole blocks.
   */
  note(beginnings: readonly { readonly hash: number; readonly tokens: number }[]): number {
    let hits = 0;
    for (const { hash, tokens } of beginnings) {
      if (this.#seen.delete(hash)) hits = tokens;
      this.#seen.set(hash, true);
    }
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= CAPACITY) break;
      this.#seen.delete(oldest);
    }
    return hits - (hits % BLOCK);
  }
}
