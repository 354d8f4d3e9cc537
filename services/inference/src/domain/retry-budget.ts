const RESERVE = 10;
const SHARE = 0.2;
const LARGEST = 200;

/**
 * Keeps repetitions from multiplying the load of engines in trouble: over any stretch of calls at most a
 * fifth of them, and ten more (at most 200 after a long quiet time), may be repeated.
 */
export class RetryBudget {
  #tokens = RESERVE;

  /** Counts calls that are made for the first time. */
  deposit(calls: number): void {
    this.#tokens = Math.min(LARGEST, this.#tokens + SHARE * calls);
  }

  /** Whether one more may be repeated; counts it. */
  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
