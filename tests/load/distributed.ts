import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createDistributed,
  createInfrastructure,
  type Distributed,
  infrastructureSettings,
} from '@parley/local';
import { startScript } from './child.ts';
import type { Target } from './debates-load.ts';
import type { LoadResult } from './pool.ts';

/** What a load of debates did, and the CPU that its client took, in milliseconds per debate. */
export type DebatesResult = LoadResult & { clientCpuMs: number };

/** CPU milliseconds per debate by service. */
export type Shares = Record<string, number>;

/** Debates over REST against a target, from a process of its own. */
export async function loadDebates(
  target: Target,
  debates: number,
  atOnce: number,
): Promise<DebatesResult> {
  const args = [JSON.stringify(target), String(debates), String(atOnce)];
  return (await startScript('tests/load/debates-load.ts', args).line()) as DebatesResult;
}

/** The distributed suite, one and two replicas of debate, at 64 debates at once, and two under lighter loads. */
export async function measureDistributed(engine: string): Promise<{
  one: DebatesResult;
  two: DebatesResult;
  calmer: DebatesResult;
  alone: DebatesResult;
}> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-bench-'));
  const infrastructure = await createInfrastructure(join(dir, 'servers'));
  const servers = Object.values(infrastructure);
  await Promise.all(servers.map((server) => server.start()));
  const settings = {
    ...infrastructureSettings(infrastructure),
    PARLEY_ENGINES: engine,
    PARLEY_LOG_LEVEL: 'warn',
  };
  const distributed = await createDistributed({ dir, settings });
  try {
    await distributed.start();
    const both = targetOf(distributed, 2);
    // Each replica gets half of the load, and so of what warms it up; the third measurement would find warmer ones.
    await loadDebates(both, 1800, 64);
    const two = await loadDebates(both, 3000, 64);
    const calmer = await loadDebates(both, 600, 8);
    const alone = await loadDebates(both, 60, 1);
    await distributed.replicas.debate[1]?.stop();
    const one = await loadDebates(targetOf(distributed, 1), 3000, 64);
    return { one, two, calmer, alone };
  } finally {
    await distributed.stop();
    await Promise.all(servers.map((server) => server.stop()));
    await rm(dir, { recursive: true, force: true });
  }
}

/** The processes of a deployment with so many replicas of debate. */
function targetOf({ replicas }: Distributed, debates: number): Target {
  const debate = replicas.debate.slice(0, debates);
  const others = (['inference', 'voting', 'dataset', 'finetune'] as const).flatMap(
    (service) => replicas[service],
  );
  return {
    inference: replicas.inference[0]?.addresses.http ?? '',
    debate: debate.map(({ addresses }) => addresses.http),
    admin: [...debate, ...others].map(({ addresses }) => addresses.admin),
  };
}
