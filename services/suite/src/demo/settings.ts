import { parseArgs } from 'node:util';

/** The names of what a demo creates. */
export const PROBLEM_SET = 'arithmetic';
export const SOCIETY = 'society';

/** What the demo runs. Counts of problems are per split. */
export type DemoSettings = {
  seed: number;
  iterations: number;
  agents: number;
  rounds: number;
  train: number;
  evaluation: number;
  /** Base URLs of running engines that serve the model; none: a development engine. */
  engines: string[];
  /** Whether the local trainer finetunes what the engines serve; the development engine has its own trainer. */
  trains: boolean;
  /** Folder of the report; the run's state stands in its `demo` folder. */
  out: string;
};

const USAGE = `usage: demo [--seed N] [--iterations N] [--agents N] [--rounds N] [--train N] [--evaluation N] [--out FOLDER] [--engine URL,… [--trainer local|none]]`;

/**
 * The demo's command line.
 * @throws Error that names the flag, what it held and the limits.
 */
export function parseSettings(args: string[]): DemoSettings {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string', default: '1' },
      iterations: { type: 'string', default: '5' },
      agents: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '2' },
      train: { type: 'string', default: '500' },
      evaluation: { type: 'string', default: '500' },
      out: { type: 'string', default: 'out' },
      engine: { type: 'string', default: '' },
      trainer: { type: 'string' },
    },
  });
  const engines = values.engine.split(',').flatMap((url) => url.trim() || []);
  for (const url of engines)
    if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
      throw new Error(`--engine ${url}: must be a URL such as http://127.0.0.1:8000\n${USAGE}`);
  const { trainer = 'none' } = values;
  if (trainer !== 'local' && trainer !== 'none')
    throw new Error(`--trainer ${trainer}: must be local or none\n${USAGE}`);
  if (values.trainer !== undefined && engines.length === 0)
    throw new Error(
      `--trainer ${trainer}: is for --engine; the development engine has its own\n${USAGE}`,
    );
  return {
    engines,
    trains: trainer === 'local',
    seed: integer('seed', values.seed, 0, 2 ** 48),
    iterations: integer('iterations', values.iterations, 1, 100),
    agents: integer('agents', values.agents, 1, 16),
    rounds: integer('rounds', values.rounds, 1, 8),
    train: integer('train', values.train, 1, 100_000),
    evaluation: integer('evaluation', values.evaluation, 1, 100_000),
    out: values.out,
  };
}

function integer(flag: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < low || value > high)
    throw new Error(`--${flag} ${text}: must be an integer from ${low} to ${high}\n${USAGE}`);
  return value;
}
