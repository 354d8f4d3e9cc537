import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp, rm, statfs, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createInfrastructure, createS3 } from '@parley/local';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { PROBES, streamDebates } from './stream.ts';
import {
  acceptDebate,
  type CycleResult,
  checkDebates,
  cycleEnded,
  cycleProgress,
  cycleResult,
  debatesEnded,
  LONG,
  type Size,
  startCycle,
  undisturbed,
} from './workload.ts';
import { report, startWorld, type World } from './world.ts';

const long = inject('long');
const SIZE: Size = { train: 90, evaluation: 30, iterations: long ? 3 : 1, debates: 0 };
const ROUNDS = long ? 3 : 1;
const FULL_MS = long ? 30_000 : 10_000;
/** How long after there is space again a new debate may take. */
const RESUMED_MS = 5_000;

describe('artifacts on a disk that is full for a while', () => {
  let expected: CycleResult;
  let world: World;
  let disk = '';
  beforeAll(async () => {
    expected = await undisturbed(SIZE);
    disk = await mkdtemp(join(tmpdir(), 'parley-chaos-disk-'));
    // Without the right to mount, this file fails: nothing else can fill a disk truly.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', disk]);
    world = await startWorld({
      infrastructure: async (dir) => ({
        ...(await createInfrastructure(dir)),
        s3: await createS3({ dir: join(disk, 's3') }),
      }),
    });
  }, 120_000);
  afterAll(async () => {
    await world?.close();
    execFileSync('umount', [disk]);
    await rm(disk, { recursive: true });
  });

  it('let debates wait for space, and cost none of them', async () => {
    await startCycle(world.call, SIZE);
    const stream = streamDebates(world.call, 0);
    const probes: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await delay(1_500);
      const cycle = await cycleProgress(world.call);
      const ballast = await fill();
      const waiting = await acceptDebate(world.call, PROBES + 2 * round);
      await vi.waitFor(async () => {
        const { turns } = await world.call('GET', `/v1/debates/${waiting}`);
        expect(turns, 'turns of a debate that cannot end').toHaveLength(9);
      }, LONG);
      await delay(FULL_MS);
      expect(await world.call('GET', `/v1/debates/${waiting}`)).toMatchObject({
        status: 'running',
      });
      await truncate(ballast);
      const freed = performance.now();
      const probe = await acceptDebate(world.call, PROBES + 2 * round + 1);
      await debatesEnded(world.call, [probe]);
      const completed = performance.now() - freed;
      await debatesEnded(world.call, [waiting]);
      probes.push(waiting, probe);
      report(`disk full for ${FULL_MS / 1_000} s`, {
        cycle,
        'new debate completed after ms': Math.round(completed),
        'debate that waited completed after ms': Math.round(performance.now() - freed),
      });
      expect(completed).toBeLessThan(RESUMED_MS);
    }
    const accepted = [...(await stream.stop()), ...probes];
    await debatesEnded(world.call, accepted);
    await cycleEnded(world.call);
    expect(await cycleResult(world.call)).toEqual(expected);
    report('full disk', { ...(await checkDebates(world, accepted, [])) });
  });

  /** Takes all space that is left; the file that has it. */
  async function fill(): Promise<string> {
    const ballast = join(disk, 'ballast');
    for (;;) {
      const { bavail, bsize } = await statfs(disk);
      if (bavail === 0) return ballast;
      await appendFile(ballast, Buffer.alloc(bavail * bsize)).catch((error) => {
        if (error.code !== 'ENOSPC') throw error;
      });
    }
  }
});
