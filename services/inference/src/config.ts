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
        'Base URLs of the engines, such as `http://host:8000`, separated by commas. Without any, calls fail with `NOT_CONFIGURED`.',
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
        'Sequences, and connections, to one engine at most; a call with n choices counts n. What is more than the engine runs at once waits there, where priorities do not hold.',
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
        'Where adapters are put for the engines, which must see the folder under the same absolute path; else they cannot load any.',
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

/** The settings; `engines` and `embeddingUrl` are URLs without a slash at the end. */
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
    .map((text) => baseUrl(text, 'PARLEY_ENGINES'));
  return Object.freeze({
    ...settings,
    engines: Object.freeze([...new Set(urls)]),
    embeddingUrl: embeddingUrl === '' ? '' : baseUrl(embeddingUrl, 'PARLEY_EMBEDDING_URL'),
  });
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
