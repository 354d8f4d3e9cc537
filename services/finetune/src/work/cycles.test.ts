import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  handleEvents,
  openArtifacts,
  openEvents,
  ParleyError,
  sha256,
  TOPICS,
} from '@parley/platform';
import { CycleChangedSchema } from '@parley/proto/finetune';
import { afterEach, describe, expect, it } from 'vitest';
import { connectDataset } from '../adapters/dataset.ts';
import { connectDebate } from '../adapters/debate.ts';
import { STEPS } from '../domain/steps.ts';
import { dyingStore } from '../testing/crash.ts';
import {
  BODY,
  createWorld,
  ended,
  eventually,
  reached,
  type World,
  withoutTimes,
} from '../testing/world.ts';

const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

async function open(...changes: Parameters<typeof createWorld>): Promise<World> {
  const world = await createWorld(...changes);
  worlds.push(world);
  return world;
}

const better = (revision: number) => ({ first: 0.4 + 0.1 * revision, last: 0.5 + 0.1 * revision });

describe('a cycle', () => {
  it('evaluates the untrained society, then trains and promotes in every iteration', async () => {
    const world = await open({ quality: better });
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', BODY);
    const cycle = await ended(replica);
    expect(cycle).toMatchObject({ status: 'completed', reason: '', iteration: 2, revision: 3 });
    expect(cycle.iterations.map(({ verdict, revision }) => [verdict, revision])).toEqual([
      ['baseline', 1],
      ['promoted', 2],
      ['promoted', 3],
    ]);
    expect(world.border.promotions).toEqual([2, 3]);
    expect(cycle.iterations[2]).toMatchObject({
      rows: { 'gen-1': { generation: 3 }, 'critic-2': { generation: 3 } },
      training: { 'critic-1': { rowsTrained: 3, loss: { first: 1.5, last: 0.5 } } },
      problems: 40,
      strategies: { debate: { problems: 40, tokens: 4000 } },
      statuses: { completed: 40 },
      notes: [],
    });
    for (const { correct, strategies } of cycle.iterations) {
      const right = [...correct.debate].filter((bit) => bit === '1').length;
      expect(strategies.debate.accuracy).toBe(right / 40);
    }
  });

  it('asks for debates with the current revision to train, with the candidate to evaluate', async () => {
    const world = await open({ quality: better });
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', BODY);
    await ended(replica);
    const { requested } = world.border;
    expect(requested.map(({ collection, template }) => [collection, template?.revision])).toEqual([
      ['c1.i0.evaluation', 1],
      ['c1.i1.train', 1],
      ['c1.i1.evaluation', 2],
      ['c1.i2.train', 2],
      ['c1.i2.evaluation', 3],
    ]);
    const seedOf = (id: string) => requested.find(({ batch }) => batch === id)?.seed;
    expect(seedOf('c1.i0.evaluation')).toBe(seedOf('c1.i2.evaluation'));
    expect(seedOf('c1.i1.train')).not.toBe(seedOf('c1.i2.train'));
    expect(requested[0]?.template).toMatchObject({ task: 'arithmetic', priority: 'batch' });
  });

  it('trains every agent from its own last version on its own rows', async () => {
    const world = await open({ quality: better });
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', BODY);
    await ended(replica);
    const [, second, third] = [...world.border.revisions.values()];
    expect(second?.agents).toHaveLength(4);
    for (const [index, agent] of (third?.agents ?? []).entries()) {
      const before = second?.agents[index];
      expect(agent).toMatchObject({
        seat: before?.seat,
        parentAdapterSha256: before?.adapterSha256,
        cycle: 'c1',
        iteration: 2,
      });
      expect(agent.adapterSha256).not.toBe(before?.adapterSha256);
    }
    expect(new Set(third?.agents.map(({ adapterSha256 }) => adapterSha256)).size).toBe(4);
  });

  it('stores a manifest with the digests of all that an iteration was made of', async () => {
    const world = await open({ quality: better });
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', { ...BODY, iterations: 1 });
    const cycle = await ended(replica);
    const artifacts = await openArtifacts(world.config.artifacts);
    const ref = cycle.iterations[1]?.manifest;
    const manifest = JSON.parse(Buffer.from(await artifacts.get(ref ?? { uri: '' })).toString());
    expect(manifest.datasets).toHaveLength(4);
    expect(Object.keys(manifest.adapters)).toHaveLength(4);
    for (const { uri, sha256: digest } of manifest.datasets)
      expect(sha256(await artifacts.get({ uri }))).toBe(digest);
    expect(manifest).toMatchObject({
      verdict: { outcome: 'promoted' },
      revision: { evaluated: 2 },
    });
  });

  it('rejects a candidate that is worse and goes on from the revision that it had', async () => {
    const world = await open({
      quality: (revision) => ({ first: 0.5, last: revision === 2 ? 0.1 : 0.7 }),
    });
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', {
      ...BODY,
      gate: { maxDropStandardErrors: 0.5, minDiversityShare: 0 },
    });
    const cycle = await ended(replica);
    expect(cycle.iterations.map(({ verdict }) => verdict)).toContain('collapsed');
    expect(cycle).toMatchObject({ status: 'failed', reason: 'COLLAPSE', revision: 1 });
    expect(world.border.promotions).toEqual([]);
  });

  it('trains again from the revision that it had after a rejection', async () => {
    const world = await open({
      quality: better,
      rows: (_seat, iteration) => (iteration === 1 ? 0 : 3),
    });
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', BODY);
    const cycle = await ended(replica);
    expect(cycle.iterations.map(({ verdict, revision }) => [verdict, revision])).toEqual([
      ['baseline', 1],
      ['rejected', 1],
      ['promoted', 2],
    ]);
    expect(cycle.iterations[1]?.gate.reasons[0]).toBe('no agent was trained');
    expect(cycle.iterations[1]?.correct).toEqual(cycle.iterations[0]?.correct);
    expect(world.starts()).toHaveLength(4);
    expect(world.border.requested.map(({ collection }) => collection)).not.toContain(
      'c1.i1.evaluation',
    );
  });

  it('leaves a seat without rows as it is', async () => {
    const world = await open({ rows: (seat) => (seat === 'critic-2' ? 0 : 3) });
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', { ...BODY, iterations: 1 });
    const cycle = await ended(replica);
    expect(cycle.iterations[1]).toMatchObject({ verdict: 'promoted' });
    expect(cycle.iterations[1]?.gate.reasons).toContain(
      'critic-2 keeps its version: it had no rows',
    );
    expect(cycle.iterations[1]?.training).not.toHaveProperty('critic-2');
    expect(world.border.revisions.get(2)?.agents[3]).toEqual({ seat: 'critic-2' });
  });

  it('puts one agent trained on everything into every seat when pooled', async () => {
    const world = await open();
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', { ...BODY, iterations: 2, pooling: 'all' });
    const cycle = await ended(replica);
    expect(cycle).toMatchObject({ status: 'completed', revision: 3 });
    expect(world.starts()).toEqual(['c1.i1.all.0', 'c1.i2.all.0']);
    const agents = world.border.revisions.get(3)?.agents ?? [];
    expect(agents).toHaveLength(4);
    expect(new Set(agents.map(({ adapterSha256 }) => adapterSha256)).size).toBe(1);
    expect(cycle.iterations[2]?.rows).toEqual({ all: { generation: 3 } });
  });

  it('says so when there are no embeddings', async () => {
    const world = await open({ embeddings: false });
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', { ...BODY, iterations: 1 });
    const [, iteration] = (await ended(replica)).iterations;
    expect(iteration).toMatchObject({ verdict: 'promoted', diversity: { embedding: null } });
    expect(iteration?.notes[0]).toContain('no embedding endpoint is configured');
    expect(iteration?.gate.reasons).toContain('diversity was not judged: it was not measured');
  });

  it.each([
    ['fail', /exit code 3/, ['out of memory']],
    ['empty', /wrote no result.json/, []],
    ['unlearned', /no row of 3 was trained on/, undefined],
    ['wrongDigest', /the adapter's digest is/, undefined],
  ])('fails with the log when every try of a job ends in "%s"', async (mode, words, log) => {
    const world = await open();
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', { ...BODY, method: { mode, seat: 'gen-2' } });
    const cycle = await ended(replica);
    expect(cycle).toMatchObject({ status: 'failed', reason: 'TRAINING_FAILED' });
    expect(cycle.detail).toMatch(words);
    expect(cycle.detail).toContain('gen-2');
    if (log) expect(cycle.log).toEqual(log);
    const tries = world.starts().filter((job) => job.startsWith('c1.i1.gen-2.'));
    expect(tries).toEqual(['c1.i1.gen-2.0', 'c1.i1.gen-2.1', 'c1.i1.gen-2.2']);
  });

  it('goes on when a job succeeds at the second try', async () => {
    const world = await open();
    const replica = await world.replica();
    const method = { mode: 'failOnce', seat: 'critic-1' };
    await replica.request('POST', '/v1/cycles', { ...BODY, iterations: 1, method });
    expect(await ended(replica)).toMatchObject({ status: 'completed' });
    expect(world.starts().filter((job) => job.includes('critic-1'))).toHaveLength(2);
  });

  it('fails when somebody else promotes a revision meanwhile', async () => {
    const world = await open();
    const replica = await world.replica();
    world.behaviour.hold = async (collection) => {
      if (collection === 'c1.i1.evaluation') world.border.current = 9;
    };
    await replica.request('POST', '/v1/cycles', BODY);
    const cycle = await ended(replica);
    expect(cycle).toMatchObject({ status: 'failed', reason: 'FAILED_PRECONDITION' });
    expect(cycle.detail).toContain('revision 9');
  });

  it('tells of every phase by events', async () => {
    const world = await open();
    const events = await openEvents(world.config.events);
    const phases: string[] = [];
    const subscription = await handleEvents(events, CycleChangedSchema, {
      topic: TOPICS.cyclesChanged,
      group: 'test',
      handle: async ({ cycle, iteration, phase, status }) => {
        phases.push(`${cycle} ${iteration} ${phase} ${status}`);
      },
    });
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', { ...BODY, iterations: 1 });
    await ended(replica);
    await eventually(() => phases.at(-1) === 'c1 1 ended completed');
    expect(phases).toEqual([
      'c1 0 evaluating running',
      'c1 0 gating running',
      'c1 1 debating running',
      'c1 1 sealing running',
      'c1 1 training running',
      'c1 1 registering running',
      'c1 1 evaluating running',
      'c1 1 gating running',
      'c1 1 ended completed',
    ]);
    await subscription.close();
    await events.close();
  });
});

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
      await store.commit('c1', [
        { op: 'dequeue', queue: 'cycles', id: 'c1' },
        { op: 'enqueue', queue: 'cycles', id: 'c1' },
      ]);
      const second = await world.replica();
      await second.request('POST', '/v1/cycles', body);
      const cycle = await ended(second);
      expect(withoutTimes(cycle)).toEqual(undisturbed);
      expect(world.border.promotions).toEqual([2]);
      expect(world.border.revisions.size).toBe(2);
      for (const job of finished) expect([job, startsOf(job)]).toEqual([job, 1]);
      expect(world.trainers()).toEqual([]);
      await world.close();
      worlds.splice(worlds.indexOf(world), 1);
      await store.close();
    }
    expect(crashes).toBeGreaterThan(STEPS.length);
  }, 120_000);
});
