import { parseArgs } from 'node:util';

/** What the demo runs. Counts of problems are per split. */
export type DemoSettings = {
  seed: number;
  iterations: number;
  agents: number;
  rounds: number;
  train: number;
  evaluation: number;
  /** Folder of the report; the run's state stands in its `demo` folder. */
  out: string;
};

const USAGE = `usage: demo [--seed N] [--iterations N] [--agents N] [--rounds N] [--train N] [--evaluation N] [--out FOLDER]`;

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
    },
  });
  return {
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
