import { openArtifacts, openStore, type Store, shuffled } from '@parley/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/harness.ts';
import { type Collections, createCollections, type EndedDebate } from './collections.ts';
import { createProblemSets, type ProblemSets } from './problem-sets.ts';

const SPEC = {
  id: 'c1',
  purpose: 'training',
  problemSet: 'set',
  split: 'train',
  society: 'trio',
  revision: 1,
  agents: 3,
} as const;

describe('collections', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let store: Store;
  let sets: ProblemSets;
  let collections: Collections;
  let ids: string[];

  beforeEach(async () => {
    folder = await temporaryFolder();
    store = await openStore(`sqlite:${folder.dir}/parley.db`, { service: 'dataset' });
    const artifacts = await openArtifacts(`file:${folder.dir}/artifacts`);
    sets = createProblemSets(store, artifacts, () => 1);
    collections = createCollections(store, sets, () => 1);
    const arithmetic = { seed: 1, train: 20, evaluation: 5, operandMax: 30 };
    const set = await sets.create({ name: 'set', task: 'arithmetic', arithmetic });
    if (!set.splits.train) throw new Error('no train split');
    ids = (await sets.problems(set.splits.train)).map(({ id }) => id);
  });

  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  function ended(problemId: string, changes: Partial<EndedDebate> = {}): EndedDebate {
    const transcript = { uri: `artifact:debates/${problemId}`, sha256: 'x' };
    const about = { collection: 'c1', society: 'trio', revision: 1 };
    return {
      ...about,
      problemId,
      debate: `d-${problemId}`,
      status: 'completed',
      transcript,
      ...changes,
    };
  }

  async function emitted(): Promise<string[]> {
    return (await store.outbox('shard-0', 100)).map(({ event }) => event.id);
  }

  it('is open once, whoever asks again', async () => {
    const opened = await collections.open(SPEC);
    expect(opened).toMatchObject({ expected: 20, filled: false, ended: {}, task: 'arithmetic' });
    expect(await collections.open({ ...SPEC })).toEqual(opened);
    await expect(collections.open({ ...SPEC, revision: 2 })).rejects.toMatchObject({
      reason: 'ALREADY_EXISTS',
    });
    await expect(collections.open({ ...SPEC, id: 'c2', problemSet: 'no' })).rejects.toMatchObject({
      reason: 'NOT_FOUND',
    });
    expect((await collections.list({ limit: 10 })).items).toEqual([opened]);
  });

  it('fills once, however events are ordered, repeated or taken by two replicas', async () => {
    await collections.open(SPEC);
    const replica = createCollections(store, sets, () => 1);
    const draws = Array.from({ length: 200 }, (_, index) => ((index * 37) % 101) / 101);
    const order = shuffled([...ids, ...ids, ...ids], () => draws.pop() ?? 0);
    const outcomes = await Promise.all(
      order.map((id, index) => (index % 2 === 0 ? collections : replica).record(ended(id))),
    );
    expect(outcomes.filter((one) => one === 'counted')).toHaveLength(20);
    expect(outcomes.filter((one) => one === 'duplicate')).toHaveLength(40);
    expect(await collections.get('c1')).toMatchObject({ filled: true, ended: { completed: 20 } });
    expect([...(await collections.results('c1')).keys()].sort()).toEqual(ids);
    expect(await emitted()).toEqual(['collection-filled/c1']);
  });

  it('counts the first debate of a problem, by its status', async () => {
    await collections.open(SPEC);
    const [one = '', two = ''] = ids;
    expect(await collections.record(ended(one, { status: 'failed' }))).toBe('counted');
    expect(await collections.record(ended(one, { debate: 'again' }))).toBe('duplicate');
    expect(await collections.record(ended(two, { status: 'cancelled' }))).toBe('counted');
    expect((await collections.get('c1')).ended).toEqual({ failed: 1, cancelled: 1 });
    expect((await collections.results('c1')).get(one)?.debate).toBe(`d-${one}`);
  });

  it.each([
    ['unknown-problem', { problemId: 'other' }],
    ['other-society', { revision: 2 }],
    ['other-society', { society: 'quartet' }],
  ] as const)('drops a debate of an %s', async (outcome, changes) => {
    await collections.open(SPEC);
    expect(await collections.record(ended(ids[0] ?? '', changes))).toBe(outcome);
    expect((await collections.get('c1')).ended).toEqual({});
  });

  it('counts debates that ended before it was opened', async () => {
    const [one = '', ...others] = ids;
    expect(await collections.record(ended(one))).toBe('early');
    expect(await collections.record(ended(one))).toBe('early');
    expect(await collections.record(ended(one, { problemId: 'other' }))).toBe('early');
    expect((await collections.open(SPEC)).ended).toEqual({ completed: 1 });
    expect((await collections.open(SPEC)).ended).toEqual({ completed: 1 });
    for (const id of others) await collections.record(ended(id));
    expect(await collections.get('c1')).toMatchObject({ filled: true, ended: { completed: 20 } });
  });

  it('counts every debate that ends while it is opened', async () => {
    const replica = createCollections(store, sets, () => 1);
    const outcomes = ids.map((id) => replica.record(ended(id)));
    await collections.open(SPEC);
    await Promise.all(outcomes);
    expect(await collections.get('c1')).toMatchObject({ filled: true, ended: { completed: 20 } });
    expect(await emitted()).toEqual(['collection-filled/c1']);
  });

  it('reads all of many results', async () => {
    const arithmetic = { seed: 1, train: 2100, evaluation: 1, operandMax: 30 };
    const set = await sets.create({ name: 'large', task: 'arithmetic', arithmetic });
    await collections.open({ ...SPEC, id: 'c3', problemSet: 'large' });
    if (!set.splits.train) throw new Error('no train split');
    for (const { id } of await sets.problems(set.splits.train))
      await collections.record(ended(id, { collection: 'c3' }));
    expect((await collections.results('c3')).size).toBe(2100);
    expect((await collections.get('c3')).filled).toBe(true);
  });
});
