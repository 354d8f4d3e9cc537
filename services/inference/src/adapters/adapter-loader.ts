import { ParleyError } from '@parley/platform';
import { type Adapter, adapterPlan } from '../domain/adapters.ts';
import { differs } from '../domain/canary.ts';
import type { AdapterSource } from './adapter-source.ts';
import { EngineAnswer } from './engine-errors.ts';
import type { Engine, EnginePool } from './engine-pool.ts';

export type AdapterLoaderOptions = {
  pool: EnginePool;
  source: Pick<AdapterSource, 'fault' | 'path'>;
  /** Adapters that one engine holds at most. */
  maxAdapters: number;
  /** What engines should hold now, the most important first. */
  needed: () => Adapter[];
  /** When an adapter was last called, in milliseconds, 0 for never. */
  lastUse: (name: string) => number;
  /** Told that an adapter has been checked and is good. */
  onVerified: (adapter: Adapter) => Promise<void>;
  /** Told that an adapter must not be used, and why. */
  onBroken: (adapter: Adapter, reason: string) => Promise<void>;
  onError: (error: ParleyError, engine: Engine, adapter: string) => void;
  now: () => number;
};

/** How often an engine may refuse an adapter before the adapter is at fault. */
const REFUSALS = 3;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

type Trouble = { failures: number; refusals: number; notBefore: number };

/** What is being done on an engine, and what failed there. */
type Work = {
  reconciling: boolean;
  /** Something changed meanwhile. */
  again: boolean;
  /** Adapters that are on their way to it, or being checked on it. */
  loading: Set<string>;
  troubles: Map<string, Trouble>;
};

/**
 * Keeps on every engine the adapters that are needed there: checks their files, has them brought to the engine,
 * loads them, checks by a canary that they change the base model's answers, and only then opens the engine for
 * their calls. It compares what is with what should be, so it does not matter why an adapter is missing: new, an
 * engine that restarted empty, an unloading.
 */
export class AdapterLoader {
  readonly #options: AdapterLoaderOptions;
  readonly #work = new WeakMap<Engine, Work>();
  readonly #runs = new Set<Promise<void>>();
  readonly #verified = new Set<string>();
  #closed = false;

  constructor(options: AdapterLoaderOptions) {
    this.#options = options;
  }

  /** Has every engine looked at; cheap when nothing is to do. */
  kick(): void {
    if (this.#closed) return;
    const needed = this.#options.needed();
    for (const engine of this.#options.pool.engines) {
      if (!engine.up || !this.#hasWork(engine, needed)) continue;
      const work = this.#workOn(engine);
      if (work.reconciling) work.again = true;
      else this.#run(this.#reconcile(engine, work));
    }
  }

  /** The adapters that an engine should serve and does not. */
  missing(engine: Engine): number {
    const needed = this.#options.needed();
    return needed.filter((adapter) => fits(engine, adapter) && !engine.ready.has(adapter.name))
      .length;
  }

  /** Waits for what runs; starts nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#runs.size > 0) await Promise.all(this.#runs);
  }

  #run(running: Promise<void>): void {
    const run = running.finally(() => this.#runs.delete(run));
    this.#runs.add(run);
  }

  #workOn(engine: Engine): Work {
    let work = this.#work.get(engine);
    if (work === undefined) {
      work = { reconciling: false, again: false, loading: new Set(), troubles: new Map() };
      this.#work.set(engine, work);
    }
    return work;
  }

  #hasWork(engine: Engine, needed: readonly Adapter[]): boolean {
    return needed.some(
      (adapter) =>
        fits(engine, adapter) &&
        !engine.ready.has(adapter.name) &&
        this.#mayStart(engine, adapter.name),
    );
  }

  async #reconcile(engine: Engine, work: Work): Promise<void> {
    work.reconciling = true;
    await this.#start(engine, work);
    work.reconciling = false;
    if (!work.again) return;
    work.again = false;
    this.kick();
  }

  /** Makes room, and starts with what is missing; an adapter that is slow to come holds up no other. */
  async #start(engine: Engine, { loading, troubles }: Work): Promise<void> {
    const { pool, maxAdapters, lastUse } = this.#options;
    const needed = this.#options.needed().filter((adapter) => fits(engine, adapter));
    for (const name of troubles.keys())
      if (!needed.some((adapter) => adapter.name === name)) troubles.delete(name);
    const held = [...engine.models.values()].filter(({ adapter }) => adapter);
    const { unload, load } = adapterPlan(
      needed,
      [...new Set([...held.map(({ name }) => name), ...loading])],
      maxAdapters,
      lastUse,
      (name) => loading.has(name) || (engine.inFlightOf.get(name) ?? 0) > 0,
    );
    if (needed.length > maxAdapters)
      pool.failed(
        engine,
        new ParleyError(
          'FAILED_PRECONDITION',
          `${needed.length} adapters are in use and PARLEY_MAX_ADAPTERS is ${maxAdapters}`,
        ),
      );
    const unopened = needed.filter(
      ({ name }) => engine.models.has(name) && !engine.ready.has(name),
    );
    for (const name of unload) {
      pool.hold(engine, name, false);
      await engine.client
        .unloadAdapter(name)
        .catch((thrown: unknown) => this.#fail(engine, name, ParleyError.from(thrown)));
    }
    for (const adapter of [...unopened, ...load])
      if (!this.#closed && this.#mayStart(engine, adapter.name))
        this.#run(this.#ensure(engine, adapter));
  }

  async #ensure(engine: Engine, adapter: Adapter): Promise<void> {
    const { name } = adapter;
    const { loading, troubles } = this.#workOn(engine);
    loading.add(name);
    try {
      if (!this.#isVerified(adapter)) await this.#check(adapter);
      const isFresh = !engine.models.has(name);
      if (isFresh) await this.#load(engine, adapter);
      if (isFresh || !this.#isVerified(adapter)) await this.#judge(engine, adapter);
      troubles.delete(name);
      this.#options.pool.open(engine, name);
    } catch (thrown) {
      this.#fail(engine, name, ParleyError.from(thrown));
    } finally {
      loading.delete(name);
    }
  }

  /** Makes sure that there is nothing wrong with the adapter's files. */
  async #check(adapter: Adapter): Promise<void> {
    const fault = await onTheWay(adapter, () => this.#options.source.fault(adapter));
    if (fault === undefined) return;
    const reason = `the adapter ${adapter.name} cannot be served: ${fault}`;
    await this.#condemn(adapter, reason);
    throw new ParleyError('FAILED_PRECONDITION', reason);
  }

  async #load(engine: Engine, adapter: Adapter): Promise<void> {
    const { pool, source } = this.#options;
    const path = await onTheWay(adapter, () => source.path(engine.url, adapter));
    try {
      await engine.client.loadAdapter(adapter.name, path);
    } catch (thrown) {
      throw await this.#refused(engine, adapter, path, ParleyError.from(thrown));
    }
    pool.hold(engine, adapter.name, true);
  }

  /** Whose fault it is that an engine does not load an adapter. */
  async #refused(
    engine: Engine,
    adapter: Adapter,
    path: string,
    error: ParleyError,
  ): Promise<ParleyError> {
    if (!(error.cause instanceof EngineAnswer)) return error;
    const { status, message } = error.cause;
    if (status === 404)
      return new ParleyError(
        'ENGINE_REFUSED',
        `engine ${engine.url} does not see ${path}; PARLEY_ADAPTER_DIR, of this service or of the fetcher beside the engine, must be mounted there at the same path`,
        { cause: error },
      );
    if (status === 400 || status === 500) {
      const trouble = this.#trouble(engine, adapter.name);
      trouble.refusals += 1;
      if (trouble.refusals >= REFUSALS && (await isWell(engine, adapter)))
        await this.#condemn(adapter, `engines refuse the adapter ${adapter.name}: ${message}`);
    }
    return error;
  }

  /** Makes sure that the adapter changes what the base model answers. */
  async #judge(engine: Engine, adapter: Adapter): Promise<void> {
    if (await canary(engine, adapter)) {
      this.#verified.add(contentOf(adapter));
      if (!adapter.verified) await this.#options.onVerified(adapter);
      return;
    }
    const reason = `the adapter ${adapter.name} answers the canary exactly as the base model does: it changes nothing`;
    await this.#condemn(adapter, reason);
    throw new ParleyError('ENGINE_REFUSED', `engine ${engine.url}: ${reason}`);
  }

  #isVerified(adapter: Adapter): boolean {
    return adapter.verified || this.#verified.has(contentOf(adapter));
  }

  /** An adapter that was good once stays good: then the engine is at fault. */
  async #condemn(adapter: Adapter, reason: string): Promise<void> {
    if (!this.#isVerified(adapter)) await this.#options.onBroken(adapter, reason);
  }

  #trouble(engine: Engine, name: string): Trouble {
    const { troubles } = this.#workOn(engine);
    let trouble = troubles.get(name);
    if (trouble === undefined) {
      trouble = { failures: 0, refusals: 0, notBefore: 0 };
      troubles.set(name, trouble);
    }
    return trouble;
  }

  #mayStart(engine: Engine, name: string): boolean {
    const { loading, troubles } = this.#workOn(engine);
    return !loading.has(name) && (troubles.get(name)?.notBefore ?? 0) <= this.#options.now();
  }

  #fail(engine: Engine, name: string, error: ParleyError): void {
    if (this.#closed) return;
    const trouble = this.#trouble(engine, name);
    trouble.notBefore =
      this.#options.now() + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** trouble.failures);
    trouble.failures += 1;
    this.#options.pool.failed(engine, error);
    this.#options.onError(error, engine, name);
  }
}

/** What does not change with the name under which an adapter is served. */
function contentOf({ sha256, base }: Adapter): string {
  return `${sha256} ${base}`;
}

/** Says of an error to which adapter it happened; a connection that was lost there is not the engine's. */
async function onTheWay<T>({ name }: Adapter, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const cause = ParleyError.from(thrown);
    throw new ParleyError(cause.reason, `adapter ${name}: ${cause.message}`, { cause });
  }
}

/** Whether an engine can serve an adapter: one over another base loads without complaint, and answers nonsense. */
function fits({ models }: Engine, { base }: Adapter): boolean {
  return models.size === 0 || models.get(base)?.adapter === false;
}

/** Whether an engine answers for the base model: one that is ill refuses good adapters, too. */
async function isWell({ client }: Engine, { base }: Adapter): Promise<boolean> {
  return client.canary(base).then(
    () => true,
    () => false,
  );
}

async function canary({ client }: Engine, { base, name }: Adapter): Promise<boolean> {
  const [without, within] = await Promise.all([client.canary(base), client.canary(name)]);
  return differs(without, within);
}
