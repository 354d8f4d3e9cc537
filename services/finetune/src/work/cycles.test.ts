import { handleEvents, openArtifacts, openEvents, sha256, TOPICS } from '@parley/platform';
import { CycleChangedSchema } from '@parley/proto/finetune';
import { describe, expect, it } from 'vitest';
import { BODY, ended, eventually } from '../testing/world.ts';

import { better, worldsOfTests } from '../testing/worlds.ts';

const { open } = worldsOfTests();

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
