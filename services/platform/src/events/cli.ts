import { parseArgs } from 'node:util';
import { type Environment, envToConfig, readEnv, SERVICE_SETTINGS } from '../config.ts';
import { invalid, ParleyError } from '../errors.ts';
import { type KafkaOperator, openKafkaOperator } from './kafka-operator.ts';

const USAGE = `Usage, with PARLEY_EVENTS=kafka://…:
  dead-letters list --topic T [--limit N]           tells what no handler could handle, oldest first
  dead-letters replay --topic T (--id ID | --all)   publishes it again and does not list it any more
  rewind --topic T --group G --since RFC3339        makes a group without members read again from then
  lag --topic T --group G                           how many events a group has not handled yet
`;

/** What the operator asked for. */
export type Command =
  | { name: 'dead-letters list'; topic: string; limit: number }
  | { name: 'dead-letters replay'; topic: string; id?: string }
  | { name: 'rewind'; topic: string; group: string; since: Date }
  | { name: 'lag'; topic: string; group: string };

const OPTIONS = {
  topic: { type: 'string' },
  group: { type: 'string' },
  since: { type: 'string' },
  limit: { type: 'string' },
  id: { type: 'string' },
  all: { type: 'boolean' },
} as const;

type Option = keyof typeof OPTIONS;

const COMMANDS: Record<Command['name'], Option[]> = {
  'dead-letters list': ['topic', 'limit'],
  'dead-letters replay': ['topic', 'id', 'all'],
  rewind: ['topic', 'group', 'since'],
  lag: ['topic', 'group'],
};

/**
 * Reads a command line without the program's name.
 * @throws ParleyError INVALID_ARGUMENT telling what is wrong.
 */
export function parseCommand(args: string[]): Command {
  const { values, positionals } = parsed(args);
  const name = Object.keys(COMMANDS).find((known) => known === positionals.join(' '));
  if (name === undefined)
    throw invalid(
      'command',
      `'${positionals.join(' ')}' is not one of ${Object.keys(COMMANDS).join(', ')}`,
    );
  const command = name as Command['name'];
  for (const option of Object.keys(values) as Option[])
    if (!COMMANDS[command].includes(option))
      throw invalid(`--${option}`, `'${command}' does not take it`);
  const required = (option: 'topic' | 'group' | 'since'): string => {
    const text = values[option];
    if (text === undefined || text === '') throw invalid(`--${option}`, `'${command}' needs it`);
    return text;
  };
  const topic = required('topic');
  switch (command) {
    case 'dead-letters list':
      return { name: command, topic, limit: limitOf(values.limit ?? '100') };
    case 'dead-letters replay':
      if ((values.id === undefined) === (values.all === undefined))
        throw invalid('--id', 'give either --id or --all');
      return { name: command, topic, ...(values.id === undefined ? {} : { id: values.id }) };
    case 'rewind':
      return { name: command, topic, group: required('group'), since: timeOf(required('since')) };
    case 'lag':
      return { name: command, topic, group: required('group') };
  }
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (thrown) {
    throw invalid('options', (thrown as Error).message);
  }
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw invalid('--limit', `'${text}' must be a whole number from 1`);
}

function timeOf(text: string): Date {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text)
    ? new Date(text)
    : undefined;
  if (time !== undefined && !Number.isNaN(time.getTime())) return time;
  throw invalid('--since', `'${text}' must be a time such as 2026-01-31T12:00:00Z`);
}

/**
 * Runs a command line.
 * @param print takes one line of the result; letters are JSON, one a line.
 * @throws ParleyError INVALID_ARGUMENT for a wrong command or setting; else as the operator does.
 */
export async function runCommand(
  args: string[],
  environment: Environment,
  print: (line: string) => void,
): Promise<void> {
  const command = parseCommand(args);
  const { events: url } = envToConfig(environment, { events: SERVICE_SETTINGS.events });
  if (!/^kafkas?:/.test(url))
    throw invalid(
      SERVICE_SETTINGS.events.variable,
      'this command is for Kafka; set kafka://host:port or kafkas://host:port',
    );
  const operator = openKafkaOperator(url);
  try {
    await operate(operator, command, print);
  } finally {
    await operator.close();
  }
}

async function operate(
  operator: KafkaOperator,
  command: Command,
  print: (line: string) => void,
): Promise<void> {
  switch (command.name) {
    case 'dead-letters list':
      for (const letter of await operator.deadLetters(command.topic, command.limit))
        print(JSON.stringify(letter));
      return;
    case 'dead-letters replay':
      print(`replayed ${await operator.replay(command.topic, command.id)}`);
      return;
    case 'rewind':
      await operator.rewind(command.topic, command.group, command.since);
      print(`${command.group} reads ${command.topic} from ${command.since.toISOString()}`);
      return;
    case 'lag':
      print(String(await operator.lag(command.topic, command.group)));
      return;
    default:
      command satisfies never;
  }
}

/** The status with which the program ends: 2 when the command was wrong, 1 when it failed. */
function exitStatus(error: ParleyError): number {
  return error.reason === 'INVALID_ARGUMENT' || error.reason === 'NOT_FOUND' ? 2 : 1;
}

if (import.meta.main)
  await runCommand(process.argv.slice(2), readEnv(), (line) => console.log(line)).catch(
    (thrown: unknown) => {
      const error = ParleyError.from(thrown);
      const usage = error.reason === 'INVALID_ARGUMENT' ? `\n${USAGE}` : '\n';
      process.stderr.write(`${error.message}${usage}`);
      process.exitCode = exitStatus(error);
    },
  );
