/** Settings of an engine; all have defaults. */
export interface SandboxConfig {
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** The name under which the base model is served. */
  readonly servedModelName: string;
  /** Time to the first token, in milliseconds; varies by a quarter either way with the seed. */
  readonly latencyMs: number;
  /** Time of each further token, in milliseconds. */
  readonly tokenMs: number;
  /** Sequences that run at a time. */
  readonly slots: number;
  /** Sequences that wait beyond those; more are refused with 503. */
  readonly queue: number;
  /** Longest prompt plus answer, in tokens. */
  readonly maxModelLen: number;
  /** When set, /v1 asks for `Authorization: Bearer <key>`. */
  readonly apiKey: string | null;
  /** Seeds the seeds of requests that bring none; null draws them from the system. */
  readonly seed: number | null;
  /** Tokens in one chunk of a stream, at most; the first token always goes alone. */
  readonly streamInterval: number;
}

/** The defaults. */
export const DEFAULT_CONFIG: SandboxConfig = {
  port: 0,
  servedModelName: 'base',
  latencyMs: 0,
  tokenMs: 0,
  slots: 256,
  queue: 4096,
  maxModelLen: 8192,
  apiKey: null,
  seed: null,
  streamInterval: 16,
};

/** Fills in the defaults. Throws RangeError naming a setting that cannot be. */
export function resolveConfig(settings: Partial<SandboxConfig> = {}): SandboxConfig {
  const config = { ...DEFAULT_CONFIG, ...settings };
  const least = {
    latencyMs: 0,
    tokenMs: 0,
    slots: 1,
    queue: 0,
    maxModelLen: 16,
    streamInterval: 1,
  };
  for (const [name, limit] of Object.entries(least)) {
    const value = config[name as keyof typeof least];
    if (!(value >= limit) || !Number.isFinite(value)) {
      throw new RangeError(`${name} must be a number of at least ${limit}, got ${value}`);
    }
  }
  return Object.freeze(config);
}
