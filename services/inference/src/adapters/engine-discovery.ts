import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';

/** The addresses that a name stands for now. @throws what the system's resolver throws. */
export type Resolve = (name: string) => Promise<readonly { address: string; family: number }[]>;

/** A name behind which engines stand, as it is shown. */
export type EngineName = {
  /** As it is configured: `dns+http://name:8000`. */
  readonly source: string;
  /** Base URLs of the engines that it stood for when it was last resolved. */
  readonly urls: readonly string[];
  /** Why it could not be resolved the last time, or empty. */
  readonly error: string;
};

export type EngineDiscoveryOptions = {
  /** Sources of the form `dns+http://name:8000`. */
  sources: readonly string[];
  /** Told when what a name stands for, or why it cannot be resolved, is another than before. */
  onChange: (name: EngineName) => void;
  /** Between two looks, in milliseconds. */
  everyMs: number;
  resolve?: Resolve;
};

const SCHEME = 'dns+';
/** How long an answer is waited for; the resolver of the system may take longer, and is not asked twice at once. */
const RESOLVE_TIMEOUT = 5_000;

type Name = { source: string; urls: readonly string[]; error: string; resolving: boolean };

/**
 * Finds the engines behind names, again and again. It asks the resolver of the system (getaddrinfo), because only
 * that honours search domains and hosts files: in Kubernetes a headless service is `vllm`, or `vllm.models`. What is
 * known is kept while a name cannot be resolved.
 */
export class EngineDiscovery {
  readonly #options: EngineDiscoveryOptions;
  readonly #names: Name[];
  readonly #resolve: Resolve;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: EngineDiscoveryOptions) {
    this.#options = options;
    this.#resolve = options.resolve ?? ((name) => lookup(name, { all: true }));
    this.#names = options.sources.map((source) => ({
      source,
      urls: [],
      error: 'not resolved yet',
      resolving: false,
    }));
  }

  get names(): readonly EngineName[] {
    return this.#names;
  }

  /** Resolves every name, and from then on regularly. */
  async start(): Promise<void> {
    if (this.#names.length === 0) return;
    this.#timer = setInterval(() => void this.#lookAll(), this.#options.everyMs);
    await this.#lookAll();
  }

  /** Ends the looking. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #lookAll(): Promise<void> {
    await Promise.all(this.#names.map((name) => this.#look(name)));
  }

  async #look(name: Name): Promise<void> {
    if (name.resolving) return;
    name.resolving = true;
    const url = new URL(name.source.slice(SCHEME.length));
    const asked = this.#resolve(url.hostname).finally(() => {
      name.resolving = false;
    });
    try {
      const addresses = await within(asked, RESOLVE_TIMEOUT);
      this.#note(name, urlsOf(url, addresses), '');
    } catch (thrown) {
      this.#note(name, name.urls, (thrown as Error).message);
    }
  }

  #note(name: Name, urls: readonly string[], error: string): void {
    if (name.error === error && name.urls.join() === urls.join()) return;
    name.urls = urls;
    name.error = error;
    this.#options.onChange(name);
  }
}

/** One URL for each address. An engine that has addresses of both families is reached, and counted, once: by IPv4. */
function urlsOf(url: URL, addresses: readonly { address: string; family: number }[]): string[] {
  const hasIPv4 = addresses.some(({ family }) => family === 4);
  const chosen = addresses.filter(({ family }) => family === (hasIPv4 ? 4 : 6));
  const urls = chosen.map(({ address }) => {
    const engine = new URL(url);
    engine.hostname = isIPv6(address) ? `[${address}]` : address;
    return engine.href.replace(/\/+$/, '');
  });
  return [...new Set(urls)].sort();
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer from the resolver in ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => undefined);
  }
}
