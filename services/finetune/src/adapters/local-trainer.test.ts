import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Artifacts, folderDigest, openArtifacts, putFolder, sha256 } from '@parley/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobProgress } from '../domain/state.ts';
import type { TrainingJob } from '../domain/training.ts';
import { writeTrainer } from '../testing/trainer-script.ts';
import { eventually } from '../testing/world.ts';
import { createLocalTrainer } from './local-trainer.ts';
import type { TrainerLauncher } from './trainer-launcher.ts';

let dir = '';
let artifacts: Artifacts;
let trainer: { command: string[]; starts: string };
let launchers: TrainerLauncher[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-trainer-'));
  artifacts = await openArtifacts(`file:${join(dir, 'artifacts')}`);
  trainer = writeTrainer(dir);
});
afterEach(async () => {
  for (const launcher of launchers) await launcher.close();
  launchers = [];
  rmSync(dir, { recursive: true, force: true });
});

function launcherWith(command: string[] = trainer.command): TrainerLauncher {
  const made = createLocalTrainer({ command, dir: join(dir, 'jobs'), artifacts, graceMs: 300 });
  launchers.push(made);
  return made;
}

async function jobWith(changes: Partial<TrainingJob> = {}): Promise<TrainingJob> {
  const dataset = await artifacts.put('rows', Buffer.from('{"a":1}\n{"a":2}'));
  const { uri, sha256: digest } = dataset;
  return {
    name: 'job',
    base: 'tiny',
    parent: null,
    dataset: { uri, sha256: digest },
    method: {},
    seed: 5,
    ...changes,
  };
}

function starts(): number {
  return readFileSync(trainer.starts, 'utf8').split('\n').filter(Boolean).length;
}

function watch(launcher: TrainerLauncher, onProgress: (progress: JobProgress) => void = () => {}) {
  return launcher.watch('job', { signal: AbortSignal.timeout(10_000), onProgress });
}

describe('the local trainer', () => {
  it('hands the trainer all that it needs and takes what it made', async () => {
    const launcher = launcherWith();
    const job = await jobWith({ method: { mode: 'slow', rank: 8 } });
    await launcher.start(job);
    const progress: JobProgress[] = [];
    const outcome = await watch(launcher, (reached) => progress.push(reached));
    if (outcome.status !== 'succeeded') throw new Error(outcome.message);
    expect(outcome.result).toMatchObject({ rowsTrained: 2, parentSha256: null });
    expect(await folderDigest(outcome.adapterDir)).toBe(outcome.result.adapterSha256);
    expect(progress).toEqual([{ step: 1, steps: 2, loss: 1.5 }]);
    const folder = join(dir, 'jobs', 'job');
    expect(JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8'))).toEqual({
      job: 'job',
      base: 'tiny',
      parent: null,
      dataset: { path: join(folder, 'dataset.jsonl'), ...job.dataset },
      method: { mode: 'slow', rank: 8 },
      seed: 5,
      output: join(folder, 'output'),
    });
  });

  it('fetches the parent adapter', async () => {
    const launcher = launcherWith();
    await launcher.start(await jobWith());
    const first = await watch(launcher);
    if (first.status !== 'succeeded') throw new Error(first.message);
    const parent = await putFolder(artifacts, 'adapters/first', first.adapterDir);
    await launcher.remove('job');
    await launcher.start(await jobWith({ parent }));
    const second = await watch(launcher);
    if (second.status !== 'succeeded') throw new Error(second.message);
    expect(second.result.parentSha256).toBe(parent.sha256);
    expect(second.result.adapterSha256).not.toBe(parent.sha256);
  });

  it('starts a job once, however often it is asked to', async () => {
    const launcher = launcherWith();
    const job = await jobWith({ method: { mode: 'slow' } });
    await Promise.all([launcher.start(job), launcher.start(job)]);
    const outcomes = await Promise.all([watch(launcher), watch(launcher)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
    expect(starts()).toBe(1);
  });

  it('uses what an earlier process had finished, but not for another job of that name', async () => {
    const first = launcherWith();
    await first.start(await jobWith());
    expect(await watch(first)).toMatchObject({ status: 'succeeded' });
    const second = launcherWith();
    await second.start(await jobWith());
    expect(await watch(second)).toMatchObject({ status: 'succeeded' });
    expect(starts()).toBe(1);
    const third = launcherWith();
    await third.start(await jobWith({ seed: 6 }));
    expect(await watch(third)).toMatchObject({ status: 'succeeded' });
    expect(starts()).toBe(2);
  });

  it('starts an interrupted job again, with what it had written', async () => {
    const checkpoint = join(dir, 'jobs', 'job', 'output', 'checkpoint');
    const first = launcherWith();
    await first.start(await jobWith({ method: { mode: 'slow' } }));
    await eventually(() => starts() === 1);
    await first.close();
    writeFileSync(checkpoint, 'half of it');
    const second = launcherWith();
    await second.start(await jobWith({ method: { mode: 'slow' } }));
    expect(await watch(second)).toMatchObject({ status: 'succeeded' });
    expect(starts()).toBe(2);
    expect(readFileSync(checkpoint, 'utf8')).toBe('half of it');
  });

  it('leaves nothing to a job of the same name that says something else', async () => {
    const first = launcherWith();
    await first.start(await jobWith({ method: { mode: 'slow' } }));
    await first.close();
    writeFileSync(join(dir, 'jobs', 'job', 'output', 'checkpoint'), 'of another job');
    const second = launcherWith();
    await second.start(await jobWith({ seed: 6 }));
    expect(await watch(second)).toMatchObject({ status: 'succeeded' });
    expect(existsSync(join(dir, 'jobs', 'job', 'output', 'checkpoint'))).toBe(false);
  });

  it('says what may have killed a trainer', async () => {
    const launcher = launcherWith();
    await launcher.start(await jobWith({ method: { mode: 'hang' } }));
    await eventually(() => starts() === 1);
    process.kill(Number(readFileSync(trainer.starts, 'utf8').split(' ')[1]), 'SIGKILL');
    const outcome = await watch(launcher);
    expect(outcome.status === 'failed' && outcome.message).toBe(
      'ended by SIGKILL, which a system out of memory sends',
    );
  });

  it.each([
    ['fail', /^ended with exit code 3: out of memory$/, ['out of memory']],
    ['empty', /exit code 0 but wrote no result.json/, []],
    ['unlearned', /nothing was learned: no row of 2/, ['{"step":1,"steps":2,"loss":1.5}']],
  ])('says why a job failed that ended in "%s"', async (mode, words, log) => {
    const launcher = launcherWith();
    await launcher.start(await jobWith({ method: { mode } }));
    const outcome = await watch(launcher);
    expect(outcome).toMatchObject({ status: 'failed', log });
    expect(outcome.status === 'failed' && outcome.message).toMatch(words);
  });

  it('says when the command cannot be started', async () => {
    const launcher = launcherWith(['/nowhere/trainer']);
    await launcher.start(await jobWith());
    const outcome = await watch(launcher);
    expect(outcome.status === 'failed' && outcome.message).toContain("'/nowhere/trainer'");
  });

  it('kills a trainer that does not end by itself, and forgets it', async () => {
    const launcher = launcherWith();
    await launcher.start(await jobWith({ method: { mode: 'hang' } }));
    await eventually(() => starts() === 1);
    const pid = Number(readFileSync(trainer.starts, 'utf8').split(' ')[1]);
    await launcher.remove('job');
    expect(() => process.kill(pid, 0)).toThrow();
    expect(existsSync(join(dir, 'jobs', 'job'))).toBe(false);
    await expect(watch(launcher)).rejects.toMatchObject({ reason: 'NOT_FOUND' });
  });

  it('leaves a job running when its watcher goes away', async () => {
    const launcher = launcherWith();
    await launcher.start(await jobWith({ method: { mode: 'slow' } }));
    const aborted = launcher.watch('job', { signal: AbortSignal.abort('why'), onProgress() {} });
    await expect(aborted).rejects.toBe('why');
    expect(await watch(launcher)).toMatchObject({ status: 'succeeded' });
  });

  it('refuses data that is not what it should be, and starts nothing', async () => {
    const launcher = launcherWith();
    const { dataset } = await jobWith();
    const broken = { ...dataset, sha256: sha256('other') };
    await expect(launcher.start(await jobWith({ dataset: broken }))).rejects.toMatchObject({
      reason: 'DATA_CORRUPT',
    });
    const parent = { uri: 'artifact:adapters/none', sha256: sha256('none') };
    await expect(launcher.start(await jobWith({ parent }))).rejects.toMatchObject({
      reason: 'NOT_FOUND',
    });
    expect(starts()).toBe(0);
  });

  it('keeps the last 50 lines, each of at most 2,000 characters', async () => {
    const script = join(dir, 'chatty.mjs');
    writeFileSync(
      script,
      "for (let i = 1; i < 200; i++) console.log('line ' + i); console.log('x'.repeat(99_999)); process.exitCode = 1;",
    );
    const launcher = launcherWith([process.execPath, script]);
    await launcher.start(await jobWith());
    const outcome = await watch(launcher);
    const log = outcome.status === 'failed' ? outcome.log : [];
    expect(log).toHaveLength(50);
    expect(log[0]).toBe('line 151');
    expect(log.at(-1)).toHaveLength(2_000);
  });
});
