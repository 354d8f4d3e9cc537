import {
  type Environment,
  envToConfig,
  ParleyError,
  SERVICE_VARIABLES,
  type ServiceConfig,
  ServiceSettings,
} from '@parley/platform';
import { Type } from 'typebox';

const seconds = (fallback: number) =>
  Type.Number({ minimum: 0.05, maximum: 86_400, default: fallback });

const Settings = Type.Object({
  ...ServiceSettings.properties,
  engines: Type.String({ default: '' }),
  engineApiKey: Type.String({ default: '' }),
  engineMaxInFlight: Type.Integer({ minimum: 1, maximum: 65_536, default: 256 }),
  engineQueue: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 10_000 }),
  engineTimeoutSeconds: seconds(300),
  engineWaitSeconds: seconds(10),
  adapterDir: Type.String({ default: './data/adapters' }),
  maxAdapters: Type.Integer({ minimum: 1, maximum: 4096, default: 64 }),
  embeddingUrl: Type.String({ default: '' }),
  embeddingModel: Type.String({ default: '' }),
  embeddingApiKey: Type.String({ default: '' }),
});

const VARIABLES = {
  ...SERVICE_VARIABLES,
  engines: 'PARLEY_ENGINES',
  engineApiKey: 'PARLEY_ENGINE_API_KEY',
  engineMaxInFlight: 'PARLEY_ENGINE_MAX_IN_FLIGHT',
  engineQueue: 'PARLEY_ENGINE_QUEUE',
  engineTimeoutSeconds: 'PARLEY_ENGINE_TIMEOUT_SECONDS',
  engineWaitSeconds: 'PARLEY_ENGINE_WAIT_SECONDS',
  adapterDir: 'PARLEY_ADAPTER_DIR',
  maxAdapters: 'PARLEY_MAX_ADAPTERS',
  embeddingUrl: 'PARLEY_EMBEDDING_URL',
  embeddingModel: 'PARLEY_EMBEDDING_MODEL',
  embeddingApiKey: 'PARLEY_EMBEDDING_API_KEY',
} as const;

/** What the inference service is configured with. */
export type InferenceConfig = ServiceConfig &
  Readonly<{
    /** Base URLs of the engines, without a slash at the end. */
    engines: readonly string[];
    /** Sent to engines as a bearer token; empty sends none. */
    engineApiKey: string;
    /** Sequences that one engine has in flight at most; a call with n choices counts n. */
    engineMaxInFlight: number;
    /** Sequences that wait for an engine at most. */
    engineQueue: number;
    /** How long an engine may be silent within a call. */
    engineTimeoutSeconds: number;
    /** How long a call waits for an engine to come up with its model before it fails. */
    engineWaitSeconds: number;
    /** Where adapters are put for engines to read: the same path here and there. */
    adapterDir: string;
    /** Adapters that one engine holds at most; at most its --max-cpu-loras. */
    maxAdapters: number;
    /** Base URL of an OpenAI-compatible embedding server, or empty. */
    embeddingUrl: string;
    embeddingModel: string;
    embeddingApiKey: string;
  }>;

/**
 * The service's settings from the environment.
 * @throws ParleyError INVALID_ARGUMENT naming the bad variable and what would be right.
 */
export function envToInferenceConfig(environment: Environment): InferenceConfig {
  const { engines, embeddingUrl, ...settings } = envToConfig(environment, Settings, VARIABLES);
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
