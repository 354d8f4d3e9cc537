import { isIP } from 'node:net';
import {
  type Config,
  type Environment,
  envToConfig,
  ParleyError,
  SERVICE_SETTINGS,
  type Settings,
} from '@parley/platform';
import { Type } from 'typebox';

const seconds = (fallback: number, description: string) =>
  Type.Number({ minimum: 0.05, maximum: 86_400, default: fallback, description });

/** What the inference service is configured with. */
export const INFERENCE_SETTINGS = {
  ...SERVICE_SETTINGS,
  engines: {
    variable: 'PARLEY_ENGINES',
    schema: Type.String({
      default: '',
      description:
        'Base URLs of the engines, such as `http://host:8000`, separated by commas. `dns+http://name:8000` stands for an engine at every address of the name, which is looked up every 5 seconds. Without any, calls fail with `NOT_CONFIGURED`.',
    }),
  },
  engineApiKey: {
    variable: 'PARLEY_ENGINE_API_KEY',
    schema: Type.String({
      default: '',
      description: 'Sent to the engines as a bearer token; empty sends none.',
    }),
  },
  engineMaxInFlight: {
    variable: 'PARLEY_ENGINE_MAX_IN_FLIGHT',
    schema: Type.Integer({
      minimum: 1,
      maximum: 65_536,
      default: 256,
      description:
        'Sequences, and connections, to one engine at most; a call with n choices counts n. Within it, as many are kept in flight as fill the batch that the engine reports.',
    }),
  },
  engineQueue: {
    variable: 'PARLEY_ENGINE_QUEUE',
    schema: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 10_000,
      description: 'Sequences that wait for an engine at most; more are refused as `OVERLOADED`.',
    }),
  },
  engineTimeoutSeconds: {
    variable: 'PARLEY_ENGINE_TIMEOUT_SECONDS',
    schema: seconds(
      300,
      'Seconds that an engine, or the embedding server, may be silent within a call.',
    ),
  },
  engineWaitSeconds: {
    variable: 'PARLEY_ENGINE_WAIT_SECONDS',
    schema: seconds(
      10,
      'Seconds that a call waits while no engine that is up serves its model; then it fails with `ENGINE_UNAVAILABLE`.',
    ),
  },
  adapterDir: {
    variable: 'PARLEY_ADAPTER_DIR',
    schema: Type.String({
      default: './data/adapters',
      description:
        'Where adapters are put for the engines, which must see the folder under the same absolute path; else they cannot load any. With fetchers beside the engines it is the fetchers’ setting, and here a folder for work in progress.',
    }),
  },
  adapterFetcherPort: {
    variable: 'PARLEY_ADAPTER_FETCHER_PORT',
    schema: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      default: 0,
      description:
        'Port, on the host of every engine, of the fetcher that brings adapters to it; 0: there is none, and engines see `PARLEY_ADAPTER_DIR`.',
    }),
  },
  models: {
    variable: 'PARLEY_MODELS',
    schema: Type.String({
      default: '',
      description:
        'Folder that holds, for each base model by its served name, `<name>/config.json`, the Hugging Face configuration. LoRA adapters are held against it; without it an adapter for a model of another size is not noticed, and answers nonsense.',
    }),
  },
  maxLoraRank: {
    variable: 'PARLEY_MAX_LORA_RANK',
    schema: Type.Integer({
      minimum: 1,
      maximum: 4096,
      default: 16,
      description:
        'The highest rank of a LoRA adapter; the engines’ `--max-lora-rank`. An adapter of a higher one breaks its revision.',
    }),
  },
  maxAdapters: {
    variable: 'PARLEY_MAX_ADAPTERS',
    schema: Type.Integer({
      minimum: 1,
      maximum: 4096,
      default: 64,
      description:
        'Adapters that are loaded on one engine; at most its `--max-cpu-loras`, past which it drops some by itself.',
    }),
  },
  embeddingUrl: {
    variable: 'PARLEY_EMBEDDING_URL',
    schema: Type.String({
      default: '',
      description:
        'Base URL of an OpenAI-compatible embedding server, for measuring diversity. Without it or the model, Embed fails with `NOT_CONFIGURED`.',
    }),
  },
  embeddingModel: {
    variable: 'PARLEY_EMBEDDING_MODEL',
    schema: Type.String({ default: '', description: 'The model that embeds.' }),
  },
  embeddingApiKey: {
    variable: 'PARLEY_EMBEDDING_API_KEY',
    schema: Type.String({
      default: '',
      description: 'Sent to the embedding server as a bearer token; empty sends none.',
    }),
  },
} as const satisfies Settings;

/** The settings; `engines` and `embeddingUrl` are URLs without a slash at the end, an engine's perhaps with `dns+` before it. */
export type InferenceConfig = Omit<Config<typeof INFERENCE_SETTINGS>, 'engines'> & {
  readonly engines: readonly string[];
};

/**
 * The service's settings from the environment.
 * @throws ParleyError INVALID_ARGUMENT naming the bad variable and what would be right.
 */
export function envToInferenceConfig(environment: Environment): InferenceConfig {
  const { engines, embeddingUrl, ...settings } = envToConfig(environment, INFERENCE_SETTINGS);
  const urls = engines
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(engineSource);
  return Object.freeze({
    ...settings,
    engines: Object.freeze([...new Set(urls)]),
    embeddingUrl: embeddingUrl === '' ? '' : baseUrl(embeddingUrl, 'PARLEY_EMBEDDING_URL'),
  });
}

const DNS = 'dns+';

/** A URL, or a name whose addresses are engines: then without TLS, as no certificate is for an address. */
function engineSource(text: string): string {
  if (!text.startsWith(DNS)) return baseUrl(text, 'PARLEY_ENGINES');
  const url = baseUrl(text.slice(DNS.length), 'PARLEY_ENGINES');
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'http:' || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0)
    throw new ParleyError(
      'INVALID_ARGUMENT',
      `configuration: PARLEY_ENGINES='${text}' must be a host name such as dns+http://name:8000`,
    );
  return DNS + url;
}

function baseUrl(text: string, variable: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== ''
  )
    throw new ParleyError(
      'INVALID_ARGUMENT',
      `configuration: ${variable}='${text}' must be a URL such as http://host:8000`,
    );
  return url.href.replace(/\/+$/, '');
}
