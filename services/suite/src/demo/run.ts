import { cpus, totalmem } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type CycleView, createRestClient, type RestClient } from './client.ts';
import { assembleDatasets } from './datasets.ts';
import type { DemoModel } from './model.ts';
import type { Progress } from './progress.ts';
import { buildReport, type CycleIteration, type DemoReport } from './report.ts';
import { type DemoSettings, PROBLEM_SET, SOCIETY } from './settings.ts';

const BASELINE = 'single-agent';

/** A running Parley that the demo uses. */
export type Deployment = {
  /** Base URL of the REST that answers a path. */
  rest(path: string): string;
  stop(): Promise<void>;
};

/**
 * Runs the demo's two cycles through the real services, from wherever an earlier run stopped, and returns the
 * report; for a model that is not trained an evaluation, and debates whose datasets are assembled. Everything it creates is idempotent: the same settings over the same state continue.
 * @param deploy starts the services.
 * @throws CycleFailed when a cycle ends without a result.
 */
export async function runDemo(
  settings: DemoSettings,
  model: DemoModel,
  deploy: () => Promise<Deployment>,
  progress: Progress,
): Promise<DemoReport> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const deployment = await deploy();
  try {
    const rest = createRestClient(deployment.rest);
    const show = (cycles: CycleView[]) => progress.show(cycles, seconds());
    await startCycles(rest, settings, model);
    await followCycles(rest, show);
    const society = await iterationsOf(rest, SOCIETY);
    const [first] = society;
    if (first && !model.method) first.rows = await assembleDatasets(rest, settings, show);
    progress.end();
    return buildReport(
      {
        seed: settings.seed,
        engine: model.description,
        note: model.note,
        machine: machine(),
        date: new Date().toISOString().slice(0, 10),
        seconds: Math.round(seconds() * 10) / 10,
      },
      society,
      model.method ? await iterationsOf(rest, BASELINE) : [],
    );
  } finally {
    await deployment.stop();
  }
}

async function startCycles(
  rest: RestClient,
  settings: DemoSettings,
  model: DemoModel,
): Promise<void> {
  const { seed, train, evaluation, agents, rounds } = settings;
  await rest.post('/v1/problem-sets', {
    name: PROBLEM_SET,
    task: 'arithmetic',
    arithmetic: { seed, train, evaluation, ...model.arithmetic },
  });
  const poolings = [
    [SOCIETY, 'seat'],
    [BASELINE, 'all'],
  ] as const;
  for (const [name, pooling] of model.method ? poolings : poolings.slice(0, 1)) {
    await createOnce(rest, '/v1/societies', {
      name,
      base: model.base,
      agents,
      protocol: { ...model.protocol, rounds },
    });
    await rest.post('/v1/cycles', {
      name,
      society: name,
      problemSet: PROBLEM_SET,
      iterations: model.method ? settings.iterations : 0,
      seed,
      pooling,
      method: model.method ?? {},
    });
  }
}

function machine(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
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
