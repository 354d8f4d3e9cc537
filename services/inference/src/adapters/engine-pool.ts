import { ParleyError } from '@parley/platform';
import { ADAPTER_NAME } from '../domain/adapters.ts';
import type { Outcome } from '../domain/breaker.ts';
import { createMember, type Engine, type Member, probe, troubleOf } from './engine.ts';
import { EngineDiscovery, type EngineName, type Resolve } from './engine-discovery.ts';
import { isConnectionLost } from './engine-errors.ts';

export type { Engine } from './engine.ts';

export type EnginePoolOptions = {
  /** Base URLs, and names as `dns+http://name:8000` that stand for engines. */
  sources: readonly string[];
  /** Sequences in flight on one engine at most. */
  cap: number;
  apiKey: string;
  timeoutMs: number;
  /** How long an engine may take to answer one question of a look; 5 seconds unless given. */
  probeTimeoutMs?: number | undefined;
  /** Between two looks at every engine. */
  probeEveryMs: number;
  /** Between two looks at what names stand for. */
  resolveEveryMs: number;
  /** Told when what a name stands for, or why it cannot be resolved, is another than before. */
  onName: (name: EngineName) => void;
  resolve?: Resolve | undefined;
};

const LONGEST_MESSAGE = 1_000;

/** The engines: which there are, which of them are up, what they serve, and how loaded they are. */
export class EnginePool {
  readonly #options: EnginePoolOptions;
  readonly #fixed: readonly string[];
  readonly #discovery: EngineDiscovery;
  readonly #members = new Map<string, Member>();
  /** Engines that their name does not stand for any more, with calls under way. */
  readonly #leaving = new Set<Member>();
  readonly #listeners: (() => void)[] = [];
  readonly #byModel = new Map<string, readonly Engine[]>();
  #engines: readonly Member[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: EnginePoolOptions) {
    this.#options = options;
    const { sources, resolveEveryMs, resolve, onName } = options;
    this.#fixed = sources.filter((source) => !isName(source));
    this.#discovery = new EngineDiscovery({
      sources: sources.filter(isName),
      everyMs: resolveEveryMs,
      onChange: (name) => {
        onName(name);
        this.#adopt();
      },
      ...(resolve === undefined ? {} : { resolve }),
    });
    this.#adopt();
  }

  /** In the order in which they became known. */
  get engines(): readonly Engine[] {
    return this.#engines;
  }

  /** The names that stand for engines. */
  get names(): readonly EngineName[] {
    return this.#discovery.names;
  }

  /** Sequences in flight from here, also on engines that are not used any more. */
  get inFlight(): number {
    return this.#all().reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  /** Finds the engines and looks at each, and from then on regularly. */
  async start(): Promise<void> {
    await this.#discovery.start();
    this.#timer = setInterval(() => {
      this.#dismiss();
      void this.#probeAll();
    }, this.#options.probeEveryMs);
    await this.#probeAll();
  }

  /** Ends the looking and cuts every call. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#discovery.close();
    const all = this.#all();
    await Promise.all(all.map(({ client }) => client.close()));
    await Promise.all(all.map(({ probing }) => probing));
  }

  /** Calls the listener after every look at an engine, and when engines or their models have changed. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The engines that are up and may be sent calls of a model now. */
  serving(model: string): readonly Engine[] {
    let engines = this.#byModel.get(model);
    if (engines === undefined) {
      engines = this.#engines.filter(
        ({ up, breaker, ready }) => up && breaker.allows && ready.has(model),
      );
      this.#byModel.set(model, engines);
    }
    return engines;
  }

  /**
   * Why no engine serves a model. Another than a retryable error says that waiting does not help: no engine
   * is configured, or all are up and none has that base model.
   */
  whyUnserved(model: string): ParleyError {
    if (this.#options.sources.length === 0)
      return new ParleyError(
        'NOT_CONFIGURED',
        'no engine is configured; set PARLEY_ENGINES to the URLs of vLLM servers',
      );
    const states = this.#engines.map((engine) => {
      const { url, up, ready } = engine;
      const trouble = troubleOf(engine);
      if (!up) return `${url} is down (${trouble})`;
      const names = [...ready].slice(0, 8).join(', ');
      return `${url} serves ${names}${trouble === '' ? '' : ` (${trouble})`}`;
    });
    for (const { source, urls, error } of this.names)
      if (error !== '' || urls.length === 0)
        states.push(`${source} stands for ${urls.length} engines (${error})`);
    const isHopeless =
      !ADAPTER_NAME.test(model) &&
      this.names.every(({ error }) => error === '') &&
      this.#engines.every(({ up, ready }) => up && !ready.has(model));
    return new ParleyError(
      isHopeless ? 'ENGINE_REFUSED' : 'ENGINE_UNAVAILABLE',
      `no engine serves ${model}: ${states.join('; ')}`.slice(0, LONGEST_MESSAGE),
    );
  }

  /** Notes a failure: an engine that cannot be reached is down until a probe finds it up. */
  failed(engine: Engine, error: ParleyError): void {
    engine.lastError = error.message;
    if (isConnectionLost(error) && engine.up) {
      engine.up = false;
      this.#changed();
    }
  }

  /** Notes for its breaker that a call begins on an engine; returns what `ended` is to be given. */
  begin(engine: Engine): number {
    const begun = engine.breaker.begin();
    if (!engine.breaker.allows) this.#byModel.clear();
    return begun;
  }

  /** Notes for its breaker how a call ended. */
  ended(engine: Engine, begun: number, outcome: Outcome): void {
    const { breaker } = engine;
    if (!breaker.ended(begun, outcome, performance.now())) return;
    if (breaker.state === 'closed') engine.since = performance.now();
    this.#changed();
  }

  /** Notes that an engine holds an adapter, or no longer does. */
  hold(engine: Engine, name: string, held: boolean): void {
    const member = this.#members.get(engine.url);
    if (member !== engine) return;
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

  /** Makes the engines those that are configured and found; the calls of one that goes end there. */
  #adopt(): void {
    if (this.#isClosed) return;
    const wanted = new Set([...this.#fixed, ...this.names.flatMap(({ urls }) => urls)]);
    for (const [url, member] of this.#members) {
      if (wanted.has(url)) continue;
      this.#members.delete(url);
      this.#leaving.add(member);
    }
    const fresh: Member[] = [];
    for (const url of wanted) {
      if (this.#members.has(url)) continue;
      const member = createMember(url, this.#options);
      this.#members.set(url, member);
      fresh.push(member);
    }
    this.#engines = [...this.#members.values()];
    this.#dismiss();
    this.#changed();
    if (this.#timer !== undefined) for (const member of fresh) void this.#probe(member);
  }

  /** Forgets the leaving engines whose calls have ended. */
  #dismiss(): void {
    for (const member of this.#leaving) {
      if (member.inFlight > 0) continue;
      this.#leaving.delete(member);
      void member.client.close();
    }
  }

  async #probeAll(): Promise<void> {
    await Promise.all(this.#all().map((member) => this.#probe(member)));
  }

  #probe(member: Member): Promise<void> {
    member.probing ??= probe(member).finally(() => {
      member.probing = undefined;
      this.#changed();
    });
    return member.probing;
  }

  #all(): Member[] {
    return [...this.#engines, ...this.#leaving];
  }

  #changed(): void {
    this.#byModel.clear();
    for (const listener of this.#listeners) listener();
  }
}

function isName(source: string): boolean {
  return source.startsWith('dns+');
}
