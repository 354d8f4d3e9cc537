import { ParleyError } from '@parley/platform';

/** Lets a few run at once; more wait in the order in which they came. */
export class Turns {
  readonly #atOnce: number;
  readonly #waiting: number;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  /** @param waiting how many may wait. */
  constructor(atOnce: number, waiting: number) {
    this.#atOnce = atOnce;
    this.#waiting = waiting;
  }

  /**
   * Runs `work` when it is its turn.
   * @throws ParleyError OVERLOADED when too many wait already; what `work` throws.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnce) {
      if (this.#queue.length >= this.#waiting)
        throw new ParleyError(
          'OVERLOADED',
          `${this.#running} run and ${this.#queue.length} wait, which is the limit; try again later`,
          { retryAfter: 1 },
        );
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
