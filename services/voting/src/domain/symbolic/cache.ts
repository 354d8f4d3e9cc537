/** Entries and characters of keys that are kept. */
const MAX_ENTRIES = 512;
const MAX_CHARACTERS = 65_536;

/** The values of the texts that were asked for last; the longest unused one goes first. */
export class Cache<Value> {
  readonly #values = new Map<string, Value>();
  #characters = 0;

  /** The value of a key, made at the first call. */
  get(key: string, make: () => Value): Value {
    if (this.#values.has(key)) {
      const value = this.#values.get(key) as Value;
      this.#values.delete(key);
      this.#values.set(key, value);
      return value;
    }
    const value = make();
    if (!this.#values.has(key)) this.#characters += key.length;
    this.#values.set(key, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= MAX_ENTRIES && this.#characters <= MAX_CHARACTERS) break;
      this.#values.delete(oldest);
      this.#characters -= oldest.length;
    }
    return value;
  }
}
