import { ParleyError } from '@parley/platform';
import { ADAPTER_NAME } from '../domain/adapters.ts';
import type { Slot } from '../domain/route.ts';
import { createEngineClient, type EngineClient, type ServedModel } from './engine-client.ts';
import { isConnectionLost } from './engine-errors.ts';

/** An engine as it is known here. */
export type Engine = Slot & {
  readonly url: string;
  readonly client: EngineClient;
  up: boolean;
  version: string;
  /** What it says that it serves. */
  models: ReadonlyMap<string, ServedModel>;
  /** What may be sent to it: its base models, and the adapters on it that have been checked. */
  readonly ready: Set<string>;
  /** Sequences in flight from here by model. */
  readonly inFlightOf: Map<string, number>;
  /** The last failure, or empty once it is up again. */
  lastError: string;
};

export type EnginePoolOptions = {
  urls: readonly string[];
  /** Sequences in flight on one engine at most. */
  cap: number;
  apiKey: string;
  timeoutMs: number;
  /** Between two looks at every engine. */
  probeEveryMs: number;
};

type Member = Engine & {
  failures: number;
  /** Counts changes of `models` that were made here: what a probe saw before is out of date. */
  changes: number;
  probing: Promise<void> | undefined;
};

const FAILURES_UNTIL_DOWN = 2;
const LONGEST_MESSAGE = 1_000;

/** The engines: which are up, what they serve, and how loaded they are. */
export class EnginePool {
  readonly #members: Member[];
  readonly #probeEveryMs: number;
  readonly #listeners: (() => void)[] = [];
  readonly #byModel = new Map<string, readonly Engine[]>();
  #timer: NodeJS.Timeout | undefined;

  constructor({ urls, cap, probeEveryMs, ...client }: EnginePoolOptions) {
    this.#probeEveryMs = probeEveryMs;
    this.#members = urls.map((url, order) => ({
      order,
      cap,
      url,
      client: createEngineClient(url, { connections: cap, ...client }),
      inFlight: 0,
      elsewhere: 0,
      up: false,
      version: '',
      models: new Map(),
      ready: new Set(),
      inFlightOf: new Map(),
      lastError: 'not looked at yet',
      failures: 0,
      changes: 0,
      probing: undefined,
    }));
  }

  get engines(): readonly Engine[] {
    return this.#members;
  }

  /** Looks at every engine, and from then on regularly. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#probeAll(), this.#probeEveryMs);
    await this.#probeAll();
  }

  /** Ends the looking and cuts every call. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#members.map(({ client }) => client.close()));
    await Promise.all(this.#members.map(({ probing }) => probing));
  }

  /** Calls the listener after every look at an engine, and when engines or their models have changed. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The engines that are up and may be sent calls of a model. */
  serving(model: string): readonly Engine[] {
    let engines = this.#byModel.get(model);
    if (engines === undefined) {
      engines = this.#members.filter(({ up, ready }) => up && ready.has(model));
      this.#byModel.set(model, engines);
    }
    return engines;
  }

  /**
   * Why no engine serves a model. Another than a retryable error says that waiting does not help: no engine
   * is configured, or all are up and none has that base model.
   */
  whyUnserved(model: string): ParleyError {
    if (this.#members.length === 0)
      return new ParleyError(
        'NOT_CONFIGURED',
        'no engine is configured; set PARLEY_ENGINES to the URLs of vLLM servers',
      );
    const states = this.#members.map(({ url, up, lastError, ready }) => {
      if (!up) return `${url} is down (${lastError})`;
      const names = [...ready].slice(0, 8).join(', ');
      return `${url} serves ${names}${lastError === '' ? '' : ` (${lastError})`}`;
    });
    const isHopeless = !ADAPTER_NAME.test(model) && this.#members.every(({ up }) => up);
    return new ParleyError(
      isHopeless ? 'ENGINE_REFUSED' : 'ENGINE_UNAVAILABLE',
      `no engine serves ${model}: ${states.join('; ')}`.slice(0, LONGEST_MESSAGE),
    );
  }

  /** Notes how a call failed: an engine that cannot be reached is down until a probe finds it up. */
  failed(engine: Engine, error: ParleyError): void {
    engine.lastError = error.message;
    if (isConnectionLost(error) && engine.up) {
      engine.up = false;
      this.#changed();
    }
  }

  /** Notes that an engine holds an adapter, or no longer does. */
  hold(engine: Engine, name: string, held: boolean): void {
    const member = this.#members[engine.order];
    if (member === undefined) return;
    const models = new Map(member.models);
    if (held) models.set(name, { name, adapter: true, maxModelLength: undefined });
    else {
      models.delete(name);
      member.ready.delete(name);
    }
    member.models = models;
    member.changes += 1;
    this.#changed();
  }

  /** Opens an engine for calls of an adapter that it holds. */
  open(engine: Engine, name: string): void {
    if (!engine.models.has(name)) return;
    engine.ready.add(name);
    this.#changed();
  }

  async #probeAll(): Promise<void> {
    await Promise.all(
      this.#members.map((member) => {
        member.probing ??= this.#probe(member).finally(() => {
          member.probing = undefined;
        });
        return member.probing;
      }),
    );
  }

  async #probe(member: Member): Promise<void> {
    const { changes, client } = member;
    try {
      await client.health();
      const [models, version, load] = await Promise.all([
        client.models(),
        client.version().catch(() => ''),
        client.load().catch(() => undefined),
      ]);
      if (member.changes === changes) see(member, models);
      member.version = version;
      member.elsewhere =
        load === undefined ? 0 : Math.max(0, load.running + load.waiting - member.inFlight);
      member.failures = 0;
      if (!member.up) member.lastError = '';
      member.up = true;
    } catch (thrown) {
      member.lastError = ParleyError.from(thrown).message;
      member.failures += 1;
      if (member.failures >= FAILURES_UNTIL_DOWN) member.up = false;
    }
    this.#changed();
  }

  #changed(): void {
    this.#byModel.clear();
    for (const listener of this.#listeners) listener();
  }
}

/** Takes over what an engine says that it serves. */
function see(member: Member, models: readonly ServedModel[]): void {
  member.models = new Map(models.map((model) => [model.name, model]));
  for (const name of member.ready) if (!member.models.has(name)) member.ready.delete(name);
  for (const { name, adapter } of models) if (!adapter) member.ready.add(name);
}
