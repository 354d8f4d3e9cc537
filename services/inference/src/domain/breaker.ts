/** Failures in a row that open a breaker. */
export const FAILURES_IN_A_ROW = 5;
/** The share of failures among the last `WINDOW` calls that opens it as well. */
export const FAILURE_SHARE = 0.5;
export const WINDOW = 20;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** Closed: calls go through. Open: none does. Half-open: one does, and decides. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** How a call ended for its breaker; one that was cancelled says nothing. */
export type Outcome = 'succeeded' | 'failed' | 'cancelled';

/**
 * Keeps calls away from what answers probes but fails calls. It opens after 5 failures in a row, or when half of
 * the last 20 calls failed; a second later one call is let through, which closes it or opens it for twice as long
 * as before, up to 30 seconds. (Circuit breaker: Nygard, Release It!, 2007.)
 */
export class Breaker {
  #state: BreakerState = 'closed';
  /** Counts changes of the state: a call that began before the last one is not judged. */
  #epoch = 0;
  #isTrying = false;
  #inARow = 0;
  #recent: boolean[] = [];
  #pauseMs = FIRST_PAUSE_MS;
  #openUntil = 0;

  get state(): BreakerState {
    return this.#state;
  }

  /** Whether a call may begin. */
  get allows(): boolean {
    return this.#state === 'closed' || (this.#state === 'half-open' && !this.#isTrying);
  }

  /** Notes that a call begins; returns what `ended` is to be given. */
  begin(): number {
    if (this.#state === 'half-open') this.#isTrying = true;
    return this.#epoch;
  }

  /** Notes how a call ended. @param now milliseconds. @returns whether what the breaker lets through has changed. */
  ended(begun: number, outcome: Outcome, now: number): boolean {
    if (begun !== this.#epoch) return false;
    if (this.#state === 'half-open') {
      this.#isTrying = false;
      if (outcome === 'succeeded') this.#close();
      if (outcome === 'failed') this.#open(now);
      return true;
    }
    if (outcome === 'cancelled') return false;
    const hasFailed = outcome === 'failed';
    this.#inARow = hasFailed ? this.#inARow + 1 : 0;
    this.#recent.push(hasFailed);
    if (this.#recent.length > WINDOW) this.#recent.shift();
    const failures = this.#recent.filter(Boolean).length;
    const isOften = this.#recent.length === WINDOW && failures >= FAILURE_SHARE * WINDOW;
    if (!hasFailed || !(isOften || this.#inARow >= FAILURES_IN_A_ROW)) return false;
    this.#open(now);
    return true;
  }

  /** Lets one call through if the pause is over. @returns whether what the breaker lets through has changed. */
  rest(now: number): boolean {
    if (this.#state !== 'open' || now < this.#openUntil) return false;
    this.#state = 'half-open';
    this.#epoch += 1;
    this.#isTrying = false;
    return true;
  }

  #open(now: number): void {
    this.#state = 'open';
    this.#epoch += 1;
    this.#openUntil = now + this.#pauseMs;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * this.#pauseMs);
  }

  #close(): void {
    this.#state = 'closed';
    this.#epoch += 1;
    this.#inARow = 0;
    this.#recent = [];
    this.#pauseMs = FIRST_PAUSE_MS;
  }
}
