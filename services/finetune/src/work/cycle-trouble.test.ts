import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { OUTBOX_QUEUE, ParleyError } from '@parley/platform';
import { describe, expect, it } from 'vitest';
import { connectDataset } from '../adapters/dataset.ts';
import { connectDebate } from '../adapters/debate.ts';
import { STEPS } from '../domain/steps.ts';
import { dyingStore } from '../testing/crash.ts';
import { BODY, ended, eventually, reached, type World, withoutTimes } from '../testing/world.ts';

import { better, worldsOfTests } from '../testing/worlds.ts';

const { open, close } = worldsOfTests();

describe('a service that errs', () => {
  it('is asked again when that may help', async () => {
    const world = await open();
    const dataset = connectDataset(world.config.datasetAddress);
    let calls = 0;
    const replica = await world.replica({
      dataset: {
        ...dataset,
        seal: async (request, signal) => {
          calls += 1;
          if (calls === 1) throw new ParleyError('UNAVAILABLE', 'away');
          return dataset.seal(request, signal);
        },
      },
    });
    await replica.request('POST', '/v1/cycles', { ...BODY, iterations: 1 });
    expect(await ended(replica)).toMatchObject({ status: 'completed' });
    dataset.close();
  });

  it('fails the cycle when it refuses for good', async () => {
    const world = await open();
    const dataset = connectDataset(world.config.datasetAddress);
    const refuse = () => Promise.reject(new ParleyError('DATA_CORRUPT', 'a transcript is broken'));
    const replica = await world.replica({ dataset: { ...dataset, seal: refuse } });
    await replica.request('POST', '/v1/cycles', BODY);
    expect(await ended(replica)).toMatchObject({
      status: 'failed',
      reason: 'DATA_CORRUPT',
      detail: 'seal in iteration 1: a transcript is broken',
    });
    dataset.close();
  });
});

describe('a batch of debates', () => {
  const never = Promise.withResolvers<void>().promise;

  it.each(['c1.i0.evaluation', 'c1.i1.train'])(
    'that cannot be created (%s) fails the cycle with its reason',
    async (batch) => {
      const world = await open({ hold: (one) => (one === batch ? never : Promise.resolve()) });
      world.border.failedBatches.set(batch, "DATA_CORRUPT: problems: line 2 has no 'question'");
      const replica = await world.replica();
      await replica.request('POST', '/v1/cycles', BODY);
      const cycle = await ended(replica);
      expect(cycle).toMatchObject({ status: 'failed', reason: 'DATA_CORRUPT' });
      expect(cycle.detail).toContain(
        `batch '${batch}' cannot be created: DATA_CORRUPT: problems: line 2 has no 'question'`,
      );
      await eventually(() => world.border.cancelledBatches.includes(batch));
    },
  );

  it('that lacked the revision is waited for, for it is asked for again', async () => {
    const batch = 'c1.i0.evaluation';
    const release = Promise.withResolvers<void>();
    const world = await open({
      hold: (one) => (one === batch ? release.promise : Promise.resolve()),
    });
    world.border.failedBatches.set(batch, 'NOT_FOUND: revision: there is no revision 2');
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', { ...BODY, iterations: 0 });
    await eventually(() => world.border.askedForBatch.get(batch) !== undefined);
    world.border.failedBatches.delete(batch);
    release.resolve();
    expect(await ended(replica)).toMatchObject({ status: 'completed' });
  });

  it('that somebody else cancelled fails the cycle', async () => {
    const world = await open({ hold: () => never });
    world.border.cancelledBatches.push('c1.i0.evaluation');
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', BODY);
    expect(await ended(replica)).toMatchObject({ status: 'failed', reason: 'FAILED_PRECONDITION' });
  });

  it('is cancelled with its cycle, once the debate service can be reached', async () => {
    const world = await open({ hold: () => never });
    const debate = connectDebate(world.config.debateAddress);
    let calls = 0;
    const replica = await world.replica({
      debate: {
        ...debate,
        cancelBatch: async (id) => {
          calls += 1;
          if (calls === 1) throw new ParleyError('UNAVAILABLE', 'away');
          await debate.cancelBatch(id);
        },
      },
    });
    await replica.request('POST', '/v1/cycles', BODY);
    await reached(replica, ({ total }) => total > 0);
    await replica.request('POST', '/v1/cycles/c1/cancel');
    const store = await world.openStore();
    await eventually(async () => (await store.depth('cycles')).queued === 0);
    expect(world.border.cancelledBatches).toEqual(['c1.i0.evaluation']);
    expect(calls).toBe(2);
    await store.close();
    debate.close();
  });
});

function finishedJobs({ dir }: World): string[] {
  const jobs = join(dir, 'jobs');
  if (!existsSync(jobs)) return [];
  return readdirSync(jobs).filter((job) => existsSync(join(jobs, job, 'output', 'result.json')));
}

describe('a crash', () => {
  it('at any commit changes nothing in the end, and no finished job is repeated', async () => {
    const expected = await open({ quality: better });
    const whole = await expected.replica();
    const body = { ...BODY, iterations: 1 };
    await whole.request('POST', '/v1/cycles', body);
    const undisturbed = withoutTimes(await ended(whole));
    await whole.close();

    let crashes = 0;
    for (let at = 1; ; at++) {
      const world = await open({ quality: better });
      const store = await world.openStore();
      const dying = dyingStore(store, at);
      const first = await world.replica({ store: dying.store });
      await first.request('POST', '/v1/cycles', body);
      const died = await Promise.race([
        dying.died.then(() => true),
        eventually(async () => (await store.depth('cycles')).queued === 0).then(() => false),
      ]);
      await first.close();
      if (!died) break;
      crashes += 1;
      const finished = finishedJobs(world);
      const startsOf = (job: string) => world.starts().filter((one) => one === job).length;
      for (const [queue, id] of [
        ['cycles', 'c1'],
        [OUTBOX_QUEUE, 'shard-0'],
      ] as const)
        await store.commit(id, [
          { op: 'dequeue', queue, id },
          { op: 'enqueue', queue, id },
        ]);
      const second = await world.replica();
      await second.request('POST', '/v1/cycles', body);
      const cycle = await ended(second);
      expect(withoutTimes(cycle)).toEqual(undisturbed);
      expect(world.border.promotions).toEqual([2]);
      expect(world.border.revisions.size).toBe(2);
      for (const job of finished) expect([job, startsOf(job)]).toEqual([job, 1]);
      expect(world.trainers()).toEqual([]);
      await close(world);
      await store.close();
    }
    expect(crashes).toBeGreaterThan(STEPS.length);
  }, 120_000);
});
