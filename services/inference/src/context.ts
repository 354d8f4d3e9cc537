import {
  type Events,
  type Host,
  type Log,
  openPorts,
  type Ports,
  type Resources,
  type Store,
  TOPICS,
} from '@parley/platform';
import { createAdapterFetcherClient } from './adapters/adapter-fetcher-client.ts';
import { createAdapterFolders } from './adapters/adapter-folders.ts';
import { AdapterLoader } from './adapters/adapter-loader.ts';
import { createAdapterSource } from './adapters/adapter-source.ts';
import { createVerdicts } from './adapters/adapter-verdicts.ts';
import { createEmbeddingClient, type EmbeddingClient } from './adapters/embedding-client.ts';
import type { Resolve } from './adapters/engine-discovery.ts';
import { EnginePool } from './adapters/engine-pool.ts';
import { createRegistry, type Registry } from './adapters/registry.ts';
import { SocietyCache } from './adapters/society-cache.ts';
import type { InferenceConfig } from './config.ts';
import { Dispatcher } from './dispatcher.ts';
import { neededAdapters } from './domain/adapters.ts';
import { Usage } from './domain/usage.ts';
import {
  createGenerationMetrics,
  type GenerationMetrics,
  registerEngineGauges,
} from './metrics.ts';

/** What the service was built from; each may be replaced by a test. */
export type InferenceOverrides = Partial<
  Ports & {
    now: () => number;
    random: () => number;
    /** Milliseconds between two looks at every engine. */
    probeEveryMs: number;
    /** Milliseconds in which it must answer one. */
    probeTimeoutMs: number;
    /** Milliseconds between two looks at the names of engines, and who is asked for their addresses. */
    resolveEveryMs: number;
    resolve: Resolve;
  }
>;

/** Everything that the routes and the calls work with. */
export type InferenceContext = {
  config: InferenceConfig;
  log: Log;
  store: Store;
  events: Events;
  registry: Registry;
  cache: SocietyCache;
  usage: Usage;
  pool: EnginePool;
  loader: AdapterLoader;
  dispatcher: Dispatcher;
  embeddings: EmbeddingClient;
  generationMetrics: GenerationMetrics;
};

const PROBE_EVERY = 1_000;
const RESOLVE_EVERY = 5_000;
/** How long calls in flight get to end at shutdown. */
const DRAIN_MS = 4_000;

/** Builds the context; what it acquires is released by `resources`. */
export async function createContext(
  host: Host,
  config: InferenceConfig,
  overrides: InferenceOverrides,
  resources: Resources,
): Promise<InferenceContext> {
  const { now = Date.now, random = Math.random } = overrides;
  const { store, events, artifacts } = await openPorts('inference', config, host, resources, {
    publishes: [TOPICS.societiesChanged],
    given: overrides,
  });
  const timeoutMs = config.engineTimeoutSeconds * 1000;
  const pool = new EnginePool({
    sources: config.engines,
    cap: config.engineMaxInFlight,
    apiKey: config.engineApiKey,
    timeoutMs,
    probeEveryMs: overrides.probeEveryMs ?? PROBE_EVERY,
    probeTimeoutMs: overrides.probeTimeoutMs,
    resolveEveryMs: overrides.resolveEveryMs ?? RESOLVE_EVERY,
    resolve: overrides.resolve,
    onName: ({ source, urls, error }) => {
      if (error === '') host.log.info({ source, urls }, 'engines found by name');
      else host.log.warn({ source, urls, error }, 'engines kept, their name is not resolved');
    },
  });
  const embeddings = createEmbeddingClient({
    url: config.embeddingUrl,
    model: config.embeddingModel,
    apiKey: config.embeddingApiKey,
    timeoutMs,
  });
  resources.add('embeddings', () => embeddings.close());

  const registry = createRegistry(store, now);
  const cache = new SocietyCache(registry, () => loader.kick());
  const usage = new Usage(now, () => loader.kick());
  const generationMetrics = createGenerationMetrics(host.metrics);
  const dispatcher = new Dispatcher({
    pool,
    queue: config.engineQueue,
    patienceMs: config.engineWaitSeconds * 1000,
    onLost: (engine, model) => pool.hold(engine, model, false),
    onRetry: generationMetrics.retried,
    onRoute: generationMetrics.routed,
    random,
  });
  const source = createAdapterSource({
    folders: createAdapterFolders(artifacts, config.adapterDir),
    rules: { maxRank: config.maxLoraRank, models: config.models },
    fetchers:
      config.adapterFetcherPort === 0
        ? undefined
        : createAdapterFetcherClient(config.adapterFetcherPort),
  });
  const loader: AdapterLoader = new AdapterLoader({
    pool,
    source,
    maxAdapters: config.maxAdapters,
    needed: () => neededAdapters(cache.all(), (society, number) => usage.revision(society, number)),
    lastUse: (name) => usage.model(name),
    ...createVerdicts({ cache, registry, dispatcher, log: host.log }),
    onError: (error, engine, adapter) =>
      host.log.warn({ err: error, engine: engine.url, adapter }, 'adapter not served'),
    now,
  });
  resources.add('engines', async () => {
    await dispatcher.close(DRAIN_MS);
    const ended = loader.close();
    await Promise.all([source.close(), pool.close()]);
    await ended;
  });
  pool.onChange(() => loader.kick());
  registerEngineGauges(host.metrics, { pool, dispatcher, loader });
  return {
    config,
    log: host.log,
    store,
    events,
    registry,
    cache,
    usage,
    pool,
    loader,
    dispatcher,
    embeddings,
    generationMetrics,
  };
}
