import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { ParleyError } from '@parley/platform';
import { type Adapter, adapterPlan } from '../domain/adapters.ts';
import { differs } from '../domain/canary.ts';
import type { AdapterFolders } from './adapter-folders.ts';
import { EngineAnswer } from './engine-errors.ts';
import type { Engine, EnginePool } from './engine-pool.ts';

export type AdapterLoaderOptions = {
  pool: EnginePool;
  folders: AdapterFolders;
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

/**
 * Keeps on every engine the adapters that are needed: loads them, checks by a canary that they change the
 * base model's answers, and only then opens the engine for their calls. It compares what is with what should
 * be, so it does not matter why an adapter is missing: new, an engine that restarted empty, an unloading.
 */
export class AdapterLoader {
  readonly #options: AdapterLoaderOptions;
  readonly #busy = new Set<Engine>();
  readonly #again = new Set<Engine>();
  readonly #runs = new Set<Promise<void>>();
  readonly #troubles = new Map<string, Trouble>();
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
      if (this.#busy.has(engine)) this.#again.add(engine);
      else this.#start(engine);
    }
  }

  /** The adapters that an engine should serve and does not. */
  missing(engine: Engine): number {
    return this.#options.needed().filter(({ name }) => !engine.ready.has(name)).length;
  }

  /** Waits for what runs; starts nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#runs);
  }

  #start(engine: Engine): void {
    this.#busy.add(engine);
    const run = this.#reconcile(engine).finally(() => {
      this.#busy.delete(engine);
      this.#runs.delete(run);
      if (this.#again.delete(engine)) this.kick();
    });
    this.#runs.add(run);
  }

  #hasWork(engine: Engine, needed: readonly Adapter[]): boolean {
    return needed.some(({ name }) => !engine.ready.has(name) && this.#mayTry(engine, name));
  }

  async #reconcile(engine: Engine): Promise<void> {
    const { pool, maxAdapters, lastUse } = this.#options;
    const needed = this.#options.needed();
    const held = [...engine.models.values()].filter(({ adapter }) => adapter);
    const { unload, load } = adapterPlan(
      needed,
      held.map(({ name }) => name),
      maxAdapters,
      lastUse,
      (name) => (engine.inFlightOf.get(name) ?? 0) > 0,
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
    const due = [...unopened, ...load].filter(({ name }) => this.#mayTry(engine, name));
    await Promise.all(due.map((adapter) => this.#ensure(engine, adapter)));
  }

  async #ensure(engine: Engine, adapter: Adapter): Promise<void> {
    const { pool } = this.#options;
    try {
      const isFresh = !engine.models.has(adapter.name);
      if (isFresh) await this.#load(engine, adapter);
      if ((isFresh || !this.#isVerified(adapter)) && !(await this.#judge(engine, adapter))) return;
      this.#troubles.delete(troubleKey(engine, adapter.name));
      pool.open(engine, adapter.name);
    } catch (thrown) {
      this.#fail(engine, adapter.name, ParleyError.from(thrown));
    }
  }

  async #load(engine: Engine, adapter: Adapter): Promise<void> {
    const { folders, pool } = this.#options;
    let path: string;
    try {
      path = await folders.path(adapter);
    } catch (thrown) {
      const error = ParleyError.from(thrown);
      const isLost = error.reason === 'DATA_CORRUPT' || error.reason === 'NOT_FOUND';
      if (isLost) await this.#condemn(adapter, `its adapter cannot be fetched: ${error.message}`);
      throw error;
    }
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
    if (status === 404 && (await exists(join(path, 'adapter_config.json'))))
      return new ParleyError(
        'ENGINE_REFUSED',
        `engine ${engine.url} does not see ${path}; PARLEY_ADAPTER_DIR must be mounted there at the same path`,
        { cause: error },
      );
    if (status === 404) await this.#condemn(adapter, 'its adapter has no adapter_config.json');
    if (status === 400 || status === 500) {
      const trouble = this.#trouble(engine, adapter.name);
      trouble.refusals += 1;
      if (trouble.refusals >= REFUSALS)
        await this.#condemn(adapter, `engines refuse its adapter: ${message}`);
    }
    return error;
  }

  /** Whether the adapter changes what the base model answers. */
  async #judge(engine: Engine, adapter: Adapter): Promise<boolean> {
    if (await canary(engine, adapter.name)) {
      this.#verified.add(adapter.sha256);
      if (!adapter.verified) await this.#options.onVerified(adapter);
      return true;
    }
    const reason = `the adapter ${adapter.name} answers the canary exactly as the base model does: it changes nothing`;
    await this.#condemn(adapter, reason);
    throw new ParleyError('ENGINE_REFUSED', `engine ${engine.url}: ${reason}`);
  }

  #isVerified(adapter: Adapter): boolean {
    return adapter.verified || this.#verified.has(adapter.sha256);
  }

  /** An adapter that was good once stays good: then the engine is at fault. */
  async #condemn(adapter: Adapter, reason: string): Promise<void> {
    if (!this.#isVerified(adapter)) await this.#options.onBroken(adapter, reason);
  }

  #trouble(engine: Engine, name: string): Trouble {
    const key = troubleKey(engine, name);
    let trouble = this.#troubles.get(key);
    if (trouble === undefined) {
      trouble = { failures: 0, refusals: 0, notBefore: 0 };
      this.#troubles.set(key, trouble);
    }
    return trouble;
  }

  #mayTry(engine: Engine, name: string): boolean {
    const trouble = this.#troubles.get(troubleKey(engine, name));
    return trouble === undefined || trouble.notBefore <= this.#options.now();
  }

  #fail(engine: Engine, name: string, error: ParleyError): void {
    const trouble = this.#trouble(engine, name);
    trouble.notBefore =
      this.#options.now() + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** trouble.failures);
    trouble.failures += 1;
    this.#options.pool.failed(engine, error);
    this.#options.onError(error, engine, name);
  }
}

async function canary(engine: Engine, name: string): Promise<boolean> {
  const base = [...engine.models.values()].find(({ adapter }) => !adapter)?.name;
  if (base === undefined)
    throw new ParleyError('ENGINE_REFUSED', `engine ${engine.url} serves no base model`);
  const [without, within] = await Promise.all([
    engine.client.canary(base),
    engine.client.canary(name),
  ]);
  return differs(without, within);
}

function troubleKey(engine: Engine, name: string): string {
  return `${engine.order} ${name}`;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
