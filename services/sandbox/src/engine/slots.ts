/** Somebody who waits for a slot. */
interface Waiter {
  readonly model: string;
  readonly start: () => void;
}

/** Room for a bounded number of running and waiting sequences, first come, first served. */
export class Slots {
  readonly #slots: number;
  readonly #limit: number;
  readonly #running = new Map<string, number>();
  #runningCount = 0;
  #waiting: Waiter[] = [];

  constructor(slots: number, queue: number) {
    this.#slots = slots;
    this.#limit = slots + queue;
  }

  get running(): number {
    return this.#runningCount;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** The models that have running or waiting sequences. */
  models(): { running: string[]; waiting: string[] } {
    return {
      running: [...this.#running.keys()],
      waiting: [...new Set(this.#waiting.map(({ model }) => model))],
    };
  }

  /** Whether `count` more sequences would be admitted; they are admitted or refused together. */
  admits(count: number): boolean {
    return this.#runningCount + this.#waiting.length + count <= this.#limit;
  }

  /** Takes a free slot at once; false when there is none. */
  tryAcquire(model: string): boolean {
    if (this.#runningCount >= this.#slots) return false;
    this.#runningCount++;
    this.#running.set(model, (this.#running.get(model) ?? 0) + 1);
    return true;
  }

  /** Waits for a slot. Rejects with the signal's reason when it aborts first. */
  acquire(model: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.tryAcquire(model)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter = {
        model,
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiter);
    });
  }

  /** Gives a slot back. */
  release(model: string): void {
    const left = (this.#running.get(model) ?? 1) - 1;
    if (left === 0) this.#running.delete(model);
    else this.#running.set(model, left);
    this.#runningCount--;
    const next = this.#waiting.shift();
    if (next !== undefined && this.tryAcquire(next.model)) next.start();
  }
}
