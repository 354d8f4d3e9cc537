import type { Revision } from './revision.ts';

/** How long after its last use a revision counts as in use, in milliseconds. */
const LATELY = 600_000;
const REMEMBERED = 4096;

/** When revisions and adapters were used last. */
export class Usage {
  readonly #now: () => number;
  readonly #revisions = new Map<string, number>();
  readonly #models = new Map<string, number>();
  readonly #onFirstUse: () => void;

  /**
   * @param now milliseconds of any clock.
   * @param onFirstUse called when a revision comes into use.
   */
  constructor(now: () => number, onFirstUse: () => void) {
    this.#now = now;
    this.#onFirstUse = onFirstUse;
  }

  /** Notes that calls of a revision are made. */
  note(
    { society, number }: Pick<Revision, 'society' | 'number'>,
    calls: readonly { model: string }[],
  ): void {
    const now = this.#now();
    for (const { model } of calls) touch(this.#models, model, now);
    const key = `${society} ${number}`;
    const isInUse = this.#isLate(this.#revisions.get(key), now);
    touch(this.#revisions, key, now);
    if (!isInUse) this.#onFirstUse();
  }

  /** When a revision was used, undefined if it was not lately. */
  revision(society: string, number: number): number | undefined {
    const at = this.#revisions.get(`${society} ${number}`);
    return this.#isLate(at, this.#now()) ? at : undefined;
  }

  /** When a served model was called, 0 if that is not known. */
  model(name: string): number {
    return this.#models.get(name) ?? 0;
  }

  #isLate(at: number | undefined, now: number): boolean {
    return at !== undefined && now - at < LATELY;
  }
}

/** Sets a time; beyond what is remembered, the oldest is forgotten. */
function touch(times: Map<string, number>, key: string, now: number): void {
  times.delete(key);
  times.set(key, now);
  if (times.size <= REMEMBERED) return;
  const [oldest] = times.keys();
  if (oldest !== undefined) times.delete(oldest);
}
