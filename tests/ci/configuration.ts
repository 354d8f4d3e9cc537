import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DATASET_SETTINGS } from '@parley/dataset';
import { DEBATE_SETTINGS } from '@parley/debate';
import { FINETUNE_SETTINGS } from '@parley/finetune';
import { INFERENCE_SETTINGS } from '@parley/inference';
import { HOST_SETTINGS, SERVICE_SETTINGS, type Setting, type Settings } from '@parley/platform';
import { SUITE_SETTINGS, suiteDefaults } from '@parley/suite';
import { VOTING_SETTINGS } from '@parley/voting';

/** The parts of a JSON schema by which settings are described. */
type Described = {
  type?: 'string' | 'integer' | 'number' | 'boolean';
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  default?: string | number | boolean;
  description?: string;
};

/** The settings of every process that reads any, in the order in which they are documented. */
export const ALL_SETTINGS: Readonly<Record<string, Settings>> = {
  Inference: INFERENCE_SETTINGS,
  Debate: DEBATE_SETTINGS,
  Voting: VOTING_SETTINGS,
  Dataset: DATASET_SETTINGS,
  Finetune: FINETUNE_SETTINGS,
  Suite: SUITE_SETTINGS,
};

/** Where the document lies, from the root of the repository. */
export const CONFIGURATION_FILE = 'docs/configuration.md';

const COMMON = new Set<string>(Object.values(SERVICE_SETTINGS).map(({ variable }) => variable));
const STATE = Object.values(SERVICE_SETTINGS).filter(
  (setting) => !(Object.values(HOST_SETTINGS) as Setting[]).includes(setting),
);

/** The text of docs/configuration.md: every setting with its type, limits, default and meaning. */
export function configurationDocument(): string {
  const services = Object.entries(ALL_SETTINGS).flatMap(([name, settings]) => [
    `## ${name}`,
    table(Object.values(settings).filter(({ variable }) => !COMMON.has(variable))),
  ]);
  return `${[INTRODUCTION, '## All services', table(Object.values(HOST_SETTINGS)), STATEFUL, table(STATE), ...services, SUITE].join('\n\n')}\n`;
}

const INTRODUCTION = `# Configuration

<!-- Written by make generate from services/*/src/config.ts. -->

A service reads its settings from environment variables, once, when it starts. A variable that is empty counts as
not set; an unknown one is ignored. Relative paths start at the working directory.

**From a file.** For every variable \`X\` of this page there is \`X_FILE\`: the path of a file that holds the value,
such as a mounted secret. White space at its end is cut off. If both are set, \`X\` holds.

**Wrong settings.** A service with a wrong setting does not start. It names all that are wrong on standard error, and
ends with exit code 1:

\`\`\`
cannot start: configuration: PARLEY_HTTP_PORT="eighty" must be integer; PARLEY_DEBATE_BATCH_CONCURRENCY="0" must be >= 1
\`\`\``;

const STATEFUL = `All but voting, which keeps nothing, also read where state is. In these URLs user and password are percent-encoded:
\`@\` is written \`%40\`, \`/\` is \`%2F\`, \`%\` is \`%25\`.`;

const SUITE = `It reads the settings of all services, too. These have other defaults in it:

${rows(
  ['variable', 'default in the suite'],
  Object.entries(suiteDefaults('$PARLEY_DATA')).map(([variable, text]) => [
    code(variable),
    code(text ?? ''),
  ]),
)}

The addresses of the services (\`PARLEY_…_ADDRESS\`) are always its own gRPC port. \`make up\` logs from \`warn\`, and
without \`PARLEY_ENGINES\` it starts a development engine, from which \`PARLEY_EMBEDDING_URL\`,
\`PARLEY_EMBEDDING_MODEL\` and \`PARLEY_TRAINER\` then get their defaults.`;

function table(settings: readonly Setting[]): string {
  return rows(
    ['variable', 'value', 'default', 'meaning'],
    settings.map(({ variable, schema }) => {
      const described = schema as Described;
      return [
        code(variable),
        kindOf(described),
        defaultOf(described),
        described.description?.replaceAll('\n', '<br>') ?? '',
      ];
    }),
  );
}

function rows(head: string[], body: string[][]): string {
  return [head, head.map(() => '---'), ...body]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

function kindOf({ type, enum: words, minimum, maximum, minLength }: Described): string {
  if (words) return words.map(code).join(', ');
  switch (type) {
    case 'boolean':
      return '`true`, `false`';
    case 'integer':
    case 'number':
      return `${type}${limitsOf(minimum, maximum)}`;
    case 'string':
      return minLength ? 'text, not empty' : 'text';
    default:
      throw new Error(`settings of the type '${type}' cannot be described yet`);
  }
}

function limitsOf(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum !== undefined && maximum !== undefined) return `, ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `, at least ${minimum}`;
  return maximum === undefined ? '' : `, at most ${maximum}`;
}

function defaultOf({ default: value }: Described): string {
  if (value === undefined) return 'none';
  return value === '' ? 'empty' : code(String(value));
}

function code(text: string): string {
  return `\`${text}\``;
}

if (import.meta.main)
  writeFileSync(resolve(import.meta.dirname, '../..', CONFIGURATION_FILE), configurationDocument());
