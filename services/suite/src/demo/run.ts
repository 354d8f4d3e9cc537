import { setTimeout as delay } from 'node:timers/promises';
import { SANDBOX_TRAINING } from '@parley/sandbox';
import { type CycleView, createRestClient, type RestClient } from './client.ts';
import type { Progress } from './progress.ts';
import { buildReport, type CycleIteration, type DemoReport } from './report.ts';
import type { DemoSettings } from './settings.ts';

/** What the report says of the engine. */
const ENGINE = 'Parley sandbox, a reasoner for development (not a language model)';

/** Nothing is cut off the distribution: with the method's top_p 0.9 this reasoner leaves little to learn. */
const SAMPLING = { temperature: 1, topP: 1, maxTokens: 1024 };

const PROBLEM_SET = 'arithmetic';
const SOCIETY = 'society';
const BASELINE = 'single-agent';

/** A running Parley that the demo uses. */
export type Deployment = {
  /** Base URL of the REST that answers a path. */
  rest(path: string): string;
  stop(): Promise<void>;
};

/**
 * Runs the demo's two cycles through the real services, from wherever an earlier run stopped, and returns the
 * report. Everything it creates is idempotent: the same settings over the same state continue.
 * @param deploy starts the services.
 * @throws CycleFailed when a cycle ends without a result.
 */
export async function runDemo(
  settings: DemoSettings,
  deploy: () => Promise<Deployment>,
  progress: Progress,
): Promise<DemoReport> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const deployment = await deploy();
  try {
    const rest = createRestClient(deployment.rest);
    await startCycles(rest, settings);
    await followCycles(rest, (cycles) => progress.show(cycles, seconds()));
    progress.end();
    return buildReport(
      { seed: settings.seed, engine: ENGINE, seconds: Math.round(seconds() * 10) / 10 },
      await iterationsOf(rest, SOCIETY),
      await iterationsOf(rest, BASELINE),
    );
  } finally {
    await deployment.stop();
  }
}

async function startCycles(rest: RestClient, settings: DemoSettings): Promise<void> {
  await rest.post('/v1/problem-sets', {
    name: PROBLEM_SET,
    task: 'arithmetic',
    arithmetic: { seed: settings.seed, train: settings.train, evaluation: settings.evaluation },
  });
  for (const [name, pooling] of [
    [SOCIETY, 'seat'],
    [BASELINE, 'all'],
  ] as const) {
    await createOnce(rest, '/v1/societies', {
      name,
      base: 'base',
      agents: settings.agents,
      protocol: { rounds: settings.rounds, sampling: SAMPLING },
    });
    await rest.post('/v1/cycles', {
      name,
      society: name,
      problemSet: PROBLEM_SET,
      iterations: settings.iterations,
      seed: settings.seed,
      pooling,
      method: SANDBOX_TRAINING,
    });
  }
}

/** Creates something by name unless an earlier run did. */
async function createOnce<T extends { name: string }>(
  rest: RestClient,
  collection: string,
  body: T,
): Promise<void> {
  const existing = await rest.get(`${collection}/${body.name}`).catch(() => undefined);
  if (existing === undefined) await rest.post(collection, body);
}

const POLL_MS = 250;

/** Until both cycles have ended. One that its alarm stopped is a result, too; any other failure is thrown. */
async function followCycles(rest: RestClient, show: (cycles: CycleView[]) => void): Promise<void> {
  for (;;) {
    const { cycles } = await rest.get<{ cycles: CycleView[] }>('/v1/cycles');
    show(cycles);
    for (const { spec, status, reason, detail } of cycles)
      if ((status === 'failed' && reason !== COLLAPSE) || status === 'cancelled')
        throw new CycleFailed(`the cycle ${spec.name} ${status}: ${reason} ${detail}`);
    if (cycles.every(({ status }) => status === 'completed' || status === 'failed')) return;
    await delay(POLL_MS);
  }
}

/** The reason of a cycle that the alarm for collapse has stopped. */
const COLLAPSE = 'COLLAPSE';

/** A cycle ended without a result: running on from here would only show the same again. */
export class CycleFailed extends Error {}

async function iterationsOf(rest: RestClient, cycle: string): Promise<CycleIteration[]> {
  return (await rest.get<{ iterations: CycleIteration[] }>(`/v1/cycles/${cycle}`)).iterations;
}
