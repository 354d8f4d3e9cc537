import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type DemoReport, demo, deployEmbedded } from '@parley/suite';
import { beforeAll, expect, it } from 'vitest';
import { openTinyModel } from './tiny-model.ts';
import { OUT, say, timed, type World } from './world.ts';

const SIZE = { seed: 1, iterations: 2, agents: 3, rounds: 2, train: 200, evaluation: 200 };
const POLL_MS = 200;

type Engine = { url: string; status: string; models: string[]; adaptersMissing: number };
type Agent = { seat: string; servedName: string };
type Progress = { iteration: number; phase: string; done: number };

/** Where a run leaves its first training rows, one file a seat. */
export function rowsFolder({ dir }: World): string {
  return join(dir, 'rows');
}

/** Tests a whole run of the demo on the tiny model. */
export function cycle(world: () => World): void {
  let report: DemoReport;
  let agents: Agent[];
  let engines: Engine[];

  beforeAll(async () => {
    const { tiny, engines: servers } = world();
    const urls = servers.map(({ url }) => url);
    let get: Get = async () => {
      throw new Error('the services were not started');
    };
    report = await timed('two cycles of two iterations', () =>
      demo(
        { ...SIZE, engines: urls, trains: true, out: OUT },
        () => openTinyModel(tiny, urls),
        async (data, environment) => {
          const deployment = await deployEmbedded(data, environment);
          get = async (path) => fetch(`${deployment.rest(path)}${path}`);
          const disturbed = killAndRestart(world(), get);
          disturbed.catch(() => {});
          return {
            ...deployment,
            async stop() {
              try {
                await disturbed;
                ({ engines } = await read<{ engines: Engine[] }>(get, '/v1/engines'));
                const { currentRevision } = await read<{ currentRevision: number }>(
                  get,
                  '/v1/societies/society',
                );
                ({ agents } = await read<{ agents: Agent[] }>(
                  get,
                  `/v1/societies/society/revisions/${currentRevision}`,
                ));
                await saveRows(world(), get);
              } finally {
                await deployment.stop();
              }
            },
          };
        },
      ),
    );
  }, 1_500_000);

  it('starts from a model that leaves room to learn, on which debate is above the vote', () => {
    const { base, majority, untrainedDebate } = report.iterations[0]?.strategies ?? {};
    expect(base?.accuracy).toBeGreaterThan(0.3);
    expect(base?.accuracy).toBeLessThan(0.6);
    expect(untrainedDebate?.accuracy).toBeGreaterThan(majority?.accuracy ?? 1);
  });

  it('reports every iteration with its verdict, and every strategy with its standard error', () => {
    expect(report.iterations.map(({ iteration }) => iteration)).toEqual([0, 1, 2]);
    for (const { verdict, strategies, diversity, singleAgentDiversity } of report.iterations) {
      expect(verdict).toMatch(/^(baseline|promoted|rejected)$/);
      expect(Object.keys(strategies)).toHaveLength(7);
      for (const { accuracy, standardError, problems } of Object.values(strategies)) {
        expect(problems).toBe(SIZE.evaluation);
        expect(standardError).toBeCloseTo(Math.sqrt((accuracy * (1 - accuracy)) / problems), 12);
      }
      expect(diversity.disagreement).toBeGreaterThan(0);
      expect(diversity.likelihood).toBeGreaterThan(0);
      expect(singleAgentDiversity?.disagreement).toBeGreaterThan(0);
    }
  });

  it('trains six agents, each on rows of its own, in each iteration', () => {
    const seats = ['critic', 'gen'].flatMap((role) => [1, 2, 3].map((n) => `${role}-${n}`));
    for (const { rows } of report.iterations.slice(1)) {
      expect(Object.keys(rows).sort()).toEqual(seats);
      for (const pools of Object.values(rows))
        expect(Object.values(pools).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    }
  });

  it('has the adapters of the current revision on both engines, also where they had to be loaded again', () => {
    const isTrained = report.iterations.some(({ verdict }) => verdict === 'promoted');
    const names = agents.map(({ servedName }) => servedName);
    expect(new Set(names).size).toBe(isTrained ? 6 : 1);
    for (const { status, models } of engines) {
      expect(status).toBe('up');
      expect(models).toEqual(expect.arrayContaining(names));
    }
  });

  it('leaves its report as a page and as JSON', async () => {
    expect(JSON.parse(await readFile(join(OUT, 'report.json'), 'utf8'))).toEqual(report);
    expect(await readFile(join(OUT, 'report.html'), 'utf8')).toContain('<svg');
  });
}

type Get = (path: string) => Promise<Response>;

async function read<T>(get: Get, path: string): Promise<T> {
  const response = await get(path);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** Kills the second engine in the middle of an evaluation and starts it again, empty; until it has its adapters. */
async function killAndRestart({ engines: [, second] }: World, get: Get): Promise<void> {
  async function engine(): Promise<Engine | undefined> {
    const { engines } = await read<{ engines: Engine[] }>(get, '/v1/engines');
    return engines.find(({ url }) => url === second.url);
  }
  await until(async () => {
    const response = await get('/v1/cycles/society');
    if (response.status === 404) return false;
    const { iteration, phase, done } = (await response.json()) as Progress;
    return iteration === 1 && phase === 'evaluating' && done > 0;
  });
  await second.kill();
  await until(async () => (await engine())?.status === 'down');
  say('an engine was killed, and the services have seen it');
  await timed('restart of the engine', () => second.start());
  await until(async () => {
    const { status, adaptersMissing } = (await engine()) ?? {};
    return status === 'up' && adaptersMissing === 0;
  });
  say('the engine has its adapters again');
}

async function saveRows(world: World, get: Get): Promise<void> {
  const folder = rowsFolder(world);
  await mkdir(folder, { recursive: true });
  const { datasets } = await read<{ datasets: { id: string; seat: string }[] }>(
    get,
    '/v1/datasets?collection=society.i1.train',
  );
  for (const { id, seat } of datasets)
    await writeFile(
      join(folder, `${seat}.jsonl`),
      await (await get(`/v1/datasets/${id}/rows`)).text(),
    );
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(POLL_MS);
}
