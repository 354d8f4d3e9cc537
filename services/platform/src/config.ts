import { readFileSync } from 'node:fs';
import { type Static, type TObject, type TProperties, Type } from 'typebox';
import Value from 'typebox/value';
import { ParleyError } from './errors.ts';

export type Environment = Record<string, string | undefined>;

/** The environment of the process. The only place that reads it. */
export function readEnv(): Environment {
  // biome-ignore lint/style/noProcessEnv: the one reader
  return { ...process.env };
}

/**
 * Settings from an environment: one variable for each property of the schema, named in `variables`.
 * A variable `X_FILE` names a file that holds the value of X (for secrets). Empty is absent. Text is
 * converted to the property's type, defaults are filled in, the result is frozen.
 * @throws ParleyError INVALID_ARGUMENT naming every bad variable, what it held and what would be right.
 */
export function envToConfig<P extends TProperties>(
  environment: Environment,
  schema: TObject<P>,
  variables: { [K in keyof P]: string },
): Readonly<Static<TObject<P>>> {
  const raw: Record<string, string> = {};
  for (const [property, variable] of Object.entries(variables) as [string, string][]) {
    const text = variableText(environment, variable);
    if (text !== undefined) raw[property] = text;
  }
  const candidate = Value.Default(schema, converted(schema, raw)) as Record<string, unknown>;
  const problems = [...Value.Errors(schema, candidate)].map((error) => {
    const missing = (error.params as { requiredProperties?: string[] }).requiredProperties;
    if (missing)
      return `${missing.map((name) => variables[name as keyof P]).join(', ')} must be set`;
    const property = error.instancePath.split('/')[1] ?? '';
    const variable = variables[property as keyof P] ?? property;
    return `${variable}=${JSON.stringify(raw[property])} ${error.message}`;
  });
  if (problems.length > 0)
    throw new ParleyError(
      'INVALID_ARGUMENT',
      `configuration: ${[...new Set(problems)].join('; ')}`,
    );
  return Object.freeze(candidate) as Readonly<Static<TObject<P>>>;
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

const Port = (fallback: number) => Type.Integer({ minimum: 0, maximum: 65535, default: fallback });

/** What every service is configured with. Ports: 0 chooses a free one. */
export const ServiceSettings = Type.Object({
  host: Type.String({ default: '127.0.0.1' }),
  httpPort: Port(8080),
  grpcPort: Port(9090),
  adminPort: Port(9464),
  logLevel: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'info',
  }),
  store: Type.String({ default: 'sqlite:./data/parley.db' }),
  events: Type.String({ default: 'sqlite:./data/parley.db' }),
  artifacts: Type.String({ default: 'file:./data/artifacts' }),
});

export type ServiceConfig = Readonly<Static<typeof ServiceSettings>>;

/** The variables of `ServiceSettings`. */
export const SERVICE_VARIABLES = {
  host: 'PARLEY_HOST',
  httpPort: 'PARLEY_HTTP_PORT',
  grpcPort: 'PARLEY_GRPC_PORT',
  adminPort: 'PARLEY_ADMIN_PORT',
  logLevel: 'PARLEY_LOG_LEVEL',
  store: 'PARLEY_STORE',
  events: 'PARLEY_EVENTS',
  artifacts: 'PARLEY_ARTIFACTS',
} as const;
