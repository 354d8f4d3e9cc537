import { ParleyError } from '@parley/platform';
import { isCallersFault, isModelMissing } from './adapters/engine-errors.ts';
import type { Engine, EnginePool } from './adapters/engine-pool.ts';
import { Admission } from './domain/admission.ts';
import type { Outcome } from './domain/breaker.ts';
import type { Priority, Ticket } from './domain/lane.ts';
import { retryAfter } from './domain/retry-after.ts';
import { RetryBudget } from './domain/retry-budget.ts';
import type { RouteReason } from './domain/route.ts';

/** A call to be made on whichever engine serves its model. */
export type Work<T> = {
  model: string;
  /** Its sequences. */
  n: number;
  /** Its `affinityKey`. */
  affinity: number;
  priority: Priority;
  signal: AbortSignal;
  perform: (engine: Engine) => Promise<T>;
  /** Whether something of it has been handed out, so that it cannot be made again. */
  hasBegun?: () => boolean;
};

/** What came of a call: its value, who gave it, in how many attempts, in how many milliseconds there. */
export type Done<T> = { value: T; engine: Engine; attempts: number; latencyMs: number };

export type DispatcherOptions = {
  pool: EnginePool;
  /** Sequences that wait at most. */
  queue: number;
  /** Milliseconds that a call waits for an engine to come up with its model. */
  patienceMs: number;
  /** Told that an engine lost an adapter that it was thought to hold. */
  onLost: (engine: Engine, model: string) => void;
  onRetry: () => void;
  /** Told why each call goes to the engine that it goes to. */
  onRoute: (reason: RouteReason) => void;
  random: () => number;
};

const MAX_ATTEMPTS = 3;
const FIRST_BACKOFF = 50;
const SWEEP = 100;
const DRAIN_POLL = 20;
const STOPPING = 'the service is shutting down';
/** Weight of the newest call in the mean duration. */
const NEWEST = 0.05;

/** Takes calls to engines: lets them wait their turn, and makes them again where that can help. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #admission: Admission<Engine>;
  readonly #budget = new RetryBudget();
  readonly #sweep: NodeJS.Timeout;
  #meanSeconds = 1;
  #closed = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { pool } = options;
    this.#admission = new Admission(
      (model) => pool.serving(model),
      () => performance.now(),
    );
    pool.onChange(() => this.#admission.pump());
    this.#sweep = setInterval(() => {
      if (this.#admission.queued() === 0) return;
      const why = (model: string) => pool.whyUnserved(model);
      this.#admission.expire(performance.now(), options.patienceMs, why);
    }, SWEEP);
  }

  /** Sequences that wait. */
  queued(priority?: Priority): number {
    return this.#admission.queued(priority);
  }

  /** @throws ParleyError OVERLOADED when that many more sequences have no room in the queue. */
  checkRoom(sequences: number): void {
    const { pool, queue } = this.#options;
    const queued = this.queued();
    let free = 0;
    let capacity = 0;
    for (const { up, breaker, target, inFlight } of pool.engines) {
      if (!up || !breaker.allows) continue;
      capacity += target;
      if (queued === 0) free += Math.max(0, target - inFlight);
    }
    if (queued + sequences - free <= queue) return;
    throw new ParleyError(
      'OVERLOADED',
      `${queued} sequences wait for an engine, and ${sequences} more are past the limit of ${queue} (PARLEY_ENGINE_QUEUE)`,
      { retryAfter: retryAfter(queued, capacity, this.#meanSeconds) },
    );
  }

  /**
   * Makes a call: at most 3 times, within the retry budget, on another engine where there is one.
   * @throws ParleyError of the last attempt, or the signal's reason.
   */
  async run<T>(work: Work<T>): Promise<Done<T>> {
    const { pool, onRetry } = this.#options;
    this.#budget.deposit(1);
    let failedOn: Engine | undefined;
    for (let attempts = 1; ; attempts += 1) {
      this.#refuseHopeless(work.model);
      const { engine, begun } = await this.#admit(work, failedOn);
      const started = performance.now();
      let outcome: Outcome = 'succeeded';
      try {
        const value = await work.perform(engine);
        const latencyMs = performance.now() - started;
        this.#meanSeconds += NEWEST * (latencyMs / 1000 - this.#meanSeconds);
        return { value, engine, attempts, latencyMs };
      } catch (thrown) {
        outcome = 'cancelled';
        work.signal.throwIfAborted();
        const error = ParleyError.from(thrown);
        outcome = error.retryable ? 'failed' : 'succeeded';
        if (!isCallersFault(error)) pool.failed(engine, error);
        const isLost = this.#isLost(engine, work.model, error);
        if (
          !(error.retryable || isLost) ||
          work.hasBegun?.() ||
          attempts === MAX_ATTEMPTS ||
          !this.#budget.take()
        )
          throw error;
        failedOn = engine;
      } finally {
        pool.ended(engine, begun, outcome);
        this.#release(engine, work);
      }
      onRetry();
      await this.#backOff(attempts, work);
    }
  }

  /** Refuses the calls that wait for a model. */
  refuse(model: string, error: ParleyError): void {
    this.#admission.refuse(() => error, model);
  }

  /** Refuses what waits and what comes; waits that long for what is in flight. */
  async close(graceMs: number): Promise<void> {
    clearInterval(this.#sweep);
    this.#closed = true;
    this.#admission.refuse(() => new ParleyError('UNAVAILABLE', STOPPING));
    const { pool } = this.#options;
    const until = performance.now() + graceMs;
    while (pool.inFlight > 0 && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL));
  }

  #refuseHopeless(model: string): void {
    const { pool } = this.#options;
    if (pool.serving(model).length > 0) return;
    const error = pool.whyUnserved(model);
    if (!error.retryable) throw error;
  }

  #admit<T>(work: Work<T>, avoid: Engine | undefined): Promise<{ engine: Engine; begun: number }> {
    const { model, n, affinity, priority, signal } = work;
    const { pool, onRoute } = this.#options;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (this.#closed) return reject(new ParleyError('UNAVAILABLE', STOPPING));
      let waits = true;
      const leave = () => {
        this.#admission.withdraw(ticket);
        reject(signal.reason);
      };
      const ticket: Ticket<Engine> = {
        model,
        n,
        affinity,
        priority,
        since: performance.now(),
        avoid,
        admit: (engine, reason) => {
          onRoute(reason);
          waits = false;
          signal.removeEventListener('abort', leave);
          engine.inFlightOf.set(model, (engine.inFlightOf.get(model) ?? 0) + n);
          resolve({ engine, begun: pool.begin(engine) });
        },
        refuse: (error) => {
          waits = false;
          signal.removeEventListener('abort', leave);
          reject(error);
        },
      };
      this.#admission.offer(ticket);
      if (waits) signal.addEventListener('abort', leave);
    });
  }

  #release<T>(engine: Engine, { model, n }: Work<T>): void {
    const left = (engine.inFlightOf.get(model) ?? 0) - n;
    if (left > 0) engine.inFlightOf.set(model, left);
    else engine.inFlightOf.delete(model);
    this.#admission.release(engine, n);
  }

  #isLost(engine: Engine, model: string, error: ParleyError): boolean {
    if (!isModelMissing(error) || engine.models.get(model)?.adapter === false) return false;
    this.#options.onLost(engine, model);
    return true;
  }

  /** Waits before the engine is asked again; another engine is asked at once. */
  async #backOff<T>(attempts: number, { model, signal }: Work<T>): Promise<void> {
    const { pool, random } = this.#options;
    if (pool.serving(model).length > 1) return;
    const pause = FIRST_BACKOFF * 4 ** (attempts - 1) * (0.5 + random());
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop);
        resolve();
      }, pause);
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop);
    });
  }
}
