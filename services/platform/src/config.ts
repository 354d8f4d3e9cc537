import { readFileSync } from 'node:fs';
import { type Static, type TObject, type TSchema, Type } from 'typebox';
import Value from 'typebox/value';
import { ParleyError } from './errors.ts';

export type Environment = Record<string, string | undefined>;

/**
 * The environment variable that holds a setting, and the schema of its value: type, limits, default and, as
 * `description`, what it means. docs/configuration.md is generated from these.
 */
export type Setting = { readonly variable: string; readonly schema: TSchema };

/** Settings by the property that each becomes. */
export type Settings = Readonly<Record<string, Setting>>;

/** The values of settings. */
export type Config<S extends Settings> = Readonly<
  Static<TObject<{ [K in keyof S]: S[K]['schema'] }>>
>;

/** The environment of the process. The only place that reads it. */
export function readEnv(): Environment {
  // biome-ignore lint/style/noProcessEnv: the one reader
  return { ...process.env };
}

/** An environment with defaults for those variables that it gives neither a text nor a file. */
export function withDefaults(environment: Environment, defaults: Environment): Environment {
  const open = Object.entries(defaults).filter(
    ([variable]) => !environment[variable] && !environment[`${variable}_FILE`],
  );
  return { ...environment, ...Object.fromEntries(open) };
}

/**
 * Reads settings from an environment. A variable `X_FILE` names a file that holds the value of X (for
 * secrets). Empty is absent. Text is converted to the type of the schema, defaults are filled in, the result
 * is frozen.
 * @throws ParleyError INVALID_ARGUMENT naming every bad variable, what it held and what would be right.
 */
export function envToConfig<S extends Settings>(environment: Environment, settings: S): Config<S> {
  const raw: Record<string, string> = {};
  for (const [property, { variable }] of Object.entries(settings)) {
    const text = variableText(environment, variable);
    if (text !== undefined) raw[property] = text;
  }
  const schema = Type.Object(
    Object.fromEntries(
      Object.entries(settings).map(([property, { schema }]) => [property, schema]),
    ),
  );
  const candidate = Value.Default(schema, converted(schema, raw)) as Record<string, unknown>;
  const problems = [...Value.Errors(schema, candidate)].map((error) => {
    const missing = (error.params as { requiredProperties?: string[] }).requiredProperties;
    if (missing) return `${missing.map((name) => settings[name]?.variable).join(', ')} must be set`;
    const property = error.instancePath.split('/')[1] ?? '';
    const variable = settings[property]?.variable ?? property;
    return `${variable}=${JSON.stringify(raw[property])} ${error.message}`;
  });
  if (problems.length > 0)
    throw new ParleyError(
      'INVALID_ARGUMENT',
      `configuration: ${[...new Set(problems)].join('; ')}`,
    );
  return Object.freeze(candidate) as Config<S>;
}

/** Texts as what the schema wants; a text that is no such thing stays, and is refused with what it held. */
function converted(schema: TObject, raw: Record<string, string>): Record<string, unknown> {
  const values = Object.entries(raw).map(([property, text]): [string, unknown] => {
    const type = (schema.properties[property] as { type?: string } | undefined)?.type;
    const number = Number(text);
    if ((type === 'integer' || type === 'number') && text.trim() !== '' && !Number.isNaN(number))
      return [property, number];
    if (type === 'boolean' && (text === 'true' || text === 'false'))
      return [property, text === 'true'];
    return [property, text];
  });
  return Object.fromEntries(values);
}

function variableText(environment: Environment, variable: string): string | undefined {
  const direct = environment[variable];
  if (direct !== undefined && direct !== '') return direct;
  const file = environment[`${variable}_FILE`];
  if (file === undefined || file === '') return undefined;
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (cause) {
    throw new ParleyError(
      'INVALID_ARGUMENT',
      `configuration: ${variable}_FILE=${file} cannot be read`,
      { cause },
    );
  }
}

const port = (fallback: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65535, default: fallback, description });

/** What a process is configured with, whatever services it runs. */
export const HOST_SETTINGS = {
  host: {
    variable: 'PARLEY_HOST',
    schema: Type.String({
      default: '127.0.0.1',
      description: 'Address on which REST, gRPC and admin listen; `0.0.0.0` for all interfaces.',
    }),
  },
  httpPort: {
    variable: 'PARLEY_HTTP_PORT',
    schema: port(8080, 'Port of REST; 0 takes a free one, here and below.'),
  },
  grpcPort: { variable: 'PARLEY_GRPC_PORT', schema: port(9090, 'Port of gRPC.') },
  adminPort: {
    variable: 'PARLEY_ADMIN_PORT',
    schema: port(9464, 'Port of health (`/livez`, `/readyz`) and `/metrics`.'),
  },
  drainSeconds: {
    variable: 'PARLEY_DRAIN_SECONDS',
    schema: Type.Number({
      minimum: 0,
      maximum: 3600,
      default: 20,
      description:
        'Seconds that what is under way gets to end after SIGTERM; what has not ended then is handed back to be done by another replica. The process ends 10 seconds later at the latest.',
    }),
  },
  logLevel: {
    variable: 'PARLEY_LOG_LEVEL',
    schema: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      default: 'info',
      description: 'The least severe lines that are logged, as JSON on standard output.',
    }),
  },
} as const satisfies Settings;

/** What a service that keeps state is configured with. */
export const SERVICE_SETTINGS = {
  ...HOST_SETTINGS,
  store: {
    variable: 'PARLEY_STORE',
    schema: Type.String({
      default: 'sqlite:./data/parley.db',
      description: [
        'Where state is kept: the same for all replicas of a service. Services may share it; each has its own keys in it.',
        '`sqlite:<path>`: a file, for one process.',
        '`redis://host:port/db`: a Redis server.',
        '`redis+cluster://host:port,host:port`: a Redis Cluster, by some of its nodes.',
        '`redis+sentinel://host:port,host:port/mymaster`: the master that the sentinels name.',
        '`rediss://user:password@host:port/db?ca=/path`: by TLS and with a login, which all three forms take; `ca` is the file of the certificate authority, unless that is a public one.',
      ].join('\n'),
    }),
  },
  events: {
    variable: 'PARLEY_EVENTS',
    schema: Type.String({
      default: 'sqlite:./data/parley.db',
      description: [
        'The event log, by which services tell each other what has happened: the same for all services.',
        '`sqlite:<path>`: a file, for one process; it may be the store’s.',
        '`kafka://host:port,host:port`: Kafka, by some of its brokers.',
        '`kafkas://user:password@host:port,host:port?sasl=scram-sha-512&ca=/path`: by TLS and with a login; `sasl` is `plain`, `scram-sha-256` or `scram-sha-512`, `ca` as above.',
      ].join('\n'),
    }),
  },
  artifacts: {
    variable: 'PARLEY_ARTIFACTS',
    schema: Type.String({
      default: 'file:./data/artifacts',
      description: [
        'Where transcripts, datasets and adapters are kept: the same for all services.',
        '`file:<folder>`: a folder.',
        '`s3://bucket/prefix?endpoint=https://host:port&region=us-east-1`: a bucket; without `endpoint` one of Amazon S3. Credentials, and the region unless given, are found as by every AWS SDK: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, web identity, shared files, the machine’s metadata.',
      ].join('\n'),
    }),
  },
} as const satisfies Settings;

export type ServiceConfig = Config<typeof SERVICE_SETTINGS>;

/** Where a service's gRPC is: host:port, or several ip:port between commas, among which calls take turns. */
export const GrpcAddress = Type.String({
  pattern: '^[^\\s/:,]+:\\d{1,5}(,\\d+\\.\\d+\\.\\d+\\.\\d+:\\d{1,5})*$',
  default: '127.0.0.1:9090',
});

const peer = (service: string) => ({
  ...GrpcAddress,
  description: `The gRPC of ${service}: \`host:port\`, or several \`ip:port\` separated by commas. Calls take turns among these, or among the host’s addresses.`,
});

/** Where the services are that another one calls; each takes those that it needs. */
export const PEER_SETTINGS = {
  inferenceAddress: { variable: 'PARLEY_INFERENCE_ADDRESS', schema: peer('inference') },
  votingAddress: { variable: 'PARLEY_VOTING_ADDRESS', schema: peer('voting') },
  datasetAddress: { variable: 'PARLEY_DATASET_ADDRESS', schema: peer('dataset') },
  debateAddress: { variable: 'PARLEY_DEBATE_ADDRESS', schema: peer('debate') },
} as const satisfies Settings;
