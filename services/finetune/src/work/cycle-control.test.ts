import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BODY, ended, eventually, reached } from '../testing/world.ts';

import { worldsOfTests } from '../testing/worlds.ts';

const { open } = worldsOfTests();

describe('pause, resume and cancel', () => {
  const held = ['c1.i0.evaluation', 'c1.i1.train', 'c1.i1.evaluation'];

  async function holding(collection: string) {
    const { promise: free, resolve: release } = Promise.withResolvers<void>();
    const world = await open({ hold: (one) => (one === collection ? free : Promise.resolve()) });
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', { ...BODY, iterations: 1 });
    await eventually(() => world.border.requested.some(({ batch }) => batch === collection));
    await reached(replica, ({ total }) => total > 0);
    return { world, replica, release };
  }

  it.each(held)('rests while %s is filling, and goes on when resumed', async (collection) => {
    const { world, replica, release } = await holding(collection);
    const paused = await replica.request('POST', '/v1/cycles/c1/pause');
    expect(paused).toMatchObject({ status: 200, body: { status: 'paused' } });
    const store = await world.openStore();
    await eventually(async () => (await store.depth('cycles')).queued === 0);
    const asked = world.border.requested.length;
    release();
    await eventually(() => world.border.collections.get(collection)?.filled);
    expect(await replica.cycle('c1')).toMatchObject({ status: 'paused' });
    expect(world.border.requested).toHaveLength(asked);
    await replica.request('POST', '/v1/cycles/c1/resume');
    expect(await ended(replica)).toMatchObject({ status: 'completed' });
    await store.close();
  });

  it.each(held)('ends while %s is filling', async (collection) => {
    const { world, replica, release } = await holding(collection);
    await replica.request('POST', '/v1/cycles/c1/cancel');
    const cycle = await replica.cycle('c1');
    expect(cycle).toMatchObject({ status: 'cancelled', reason: 'CANCELLED', phase: 'ended' });
    release();
    const store = await world.openStore();
    await eventually(async () => (await store.depth('cycles')).queued === 0);
    expect((await replica.cycle('c1')).iterations).toHaveLength(cycle.iterations.length);
    await replica.request('POST', '/v1/cycles/c1/resume');
    expect(await replica.cycle('c1')).toMatchObject({ status: 'cancelled' });
    await store.close();
  });

  const calls = [
    ['seal', 'sealing'],
    ['register', 'registering'],
    ['results', 'evaluating'],
    ['promote', 'gating'],
  ];

  async function calling(call: string) {
    const { promise: free, resolve: release } = Promise.withResolvers<void>();
    const { promise: called, resolve: arrive } = Promise.withResolvers<void>();
    const world = await open({
      hold: async (one) => {
        if (one !== call) return;
        arrive();
        await free;
      },
    });
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', { ...BODY, iterations: 1 });
    await called;
    return { world, replica, release };
  }

  it.each(calls)('rests when paused during the call %s, and goes on', async (call, phase) => {
    const { world, replica, release } = await calling(call);
    expect(await replica.cycle('c1')).toMatchObject({ phase, iteration: 1 });
    await replica.request('POST', '/v1/cycles/c1/pause');
    release();
    const store = await world.openStore();
    await eventually(async () => (await store.depth('cycles')).queued === 0);
    const rested = await replica.cycle('c1');
    expect(rested.status).toBe(call === 'promote' ? 'completed' : 'paused');
    await replica.request('POST', '/v1/cycles/c1/resume');
    const cycle = await ended(replica);
    expect(cycle).toMatchObject({ status: 'completed', revision: 2 });
    expect(world.border.promotions).toEqual([2]);
    await store.close();
  });

  it.each(calls)('ends when cancelled during the call %s', async (call) => {
    const { world, replica, release } = await calling(call);
    await replica.request('POST', '/v1/cycles/c1/cancel');
    release();
    const store = await world.openStore();
    await eventually(async () => (await store.depth('cycles')).queued === 0);
    const cycle = await replica.cycle('c1');
    expect(cycle.status).toBe('cancelled');
    const decided = call === 'promote';
    expect(cycle.iterations.map(({ verdict }) => verdict)).toEqual(
      decided ? ['baseline', 'promoted'] : ['baseline'],
    );
    expect([cycle.revision, world.border.current]).toEqual(decided ? [2, 2] : [1, 1]);
    await store.close();
  });

  it('stops the trainers of a cancelled cycle, even those that do not want to', async () => {
    const world = await open();
    const replica = await world.replica();
    const method = { mode: 'hang' };
    await replica.request('POST', '/v1/cycles', { ...BODY, method });
    await eventually(() => world.starts().length === 2);
    expect(world.trainers()).toHaveLength(2);
    await replica.request('POST', '/v1/cycles/c1/cancel');
    const store = await world.openStore();
    await eventually(async () => (await store.depth('cycles')).queued === 0);
    expect(world.trainers()).toHaveLength(0);
    expect(world.starts()).toHaveLength(2);
    expect(readdirSync(join(world.dir, 'jobs'))).toEqual([]);
    await store.close();
  });

  it('lets running jobs end when paused, and starts no others', async () => {
    const world = await open();
    const replica = await world.replica({ timing: { poll: 50 } });
    const method = { mode: 'slow' };
    await replica.request('POST', '/v1/cycles', { ...BODY, iterations: 1, method });
    await eventually(() => world.starts().length === 2);
    await replica.request('POST', '/v1/cycles/c1/pause');
    const store = await world.openStore();
    await eventually(async () => (await store.depth('cycles')).queued === 0);
    const paused = await replica.cycle('c1');
    expect(Object.values(paused.jobs).filter(({ status }) => status === 'done')).toHaveLength(2);
    expect(world.starts()).toHaveLength(2);
    await replica.request('POST', '/v1/cycles/c1/resume');
    expect(await ended(replica)).toMatchObject({ status: 'completed' });
    expect(world.starts()).toHaveLength(4);
    await store.close();
  });

  it('is noticed by the replica that runs the cycle when another one is told', async () => {
    const { promise: free, resolve: release } = Promise.withResolvers<void>();
    const world = await open({ hold: () => free });
    const runner = await world.replica({ timing: { notice: 200 } });
    await runner.request('POST', '/v1/cycles', BODY);
    await reached(runner, ({ total }) => total > 0);
    const other = await world.replica();
    await other.request('POST', '/v1/cycles/c1/cancel');
    const store = await world.openStore();
    await eventually(async () => (await store.depth('cycles')).queued === 0);
    release();
    await store.close();
  });
});

/** Jobs whose trainer has written its result. */
