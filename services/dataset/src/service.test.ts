import { ParleyError, type Store, TOPICS } from '@parley/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  endDebates,
  type Rest,
  restOf,
  startService,
  temporaryFolder,
  until,
} from './testing/harness.ts';
import { said, type ToldDebate } from './testing/transcript.ts';

type Running = Awaited<ReturnType<typeof startService>>;

const COLLECTION = {
  id: 'run.1',
  purpose: 'training',
  problemSet: 'sums',
  split: 'train',
  society: 'trio',
  revision: 1,
  agents: 3,
};

/** Debates over ten problems: every pool, a tie, no consensus, a failure and an absence among them. */
const DEBATES: ToldDebate[] = [
  [
    ['1', '1', '2'],
    ['1', '1', '1'],
  ],
  [
    ['1', '1', '2'],
    ['1', '1', '1'],
  ],
  [
    ['1', '2', '2'],
    ['1', '1', '1'],
  ],
  [
    ['2', '2', '1'],
    ['1', '1', '2'],
  ],
  [
    ['1', '1', '1'],
    ['1', '1', '1'],
  ],
  [
    ['1', '2', '3'],
    ['1', '2', '3'],
  ],
  [
    ['1', '1', '1'],
    ['?', '?', '?'],
  ],
  [
    ['1', '1', '1'],
    ['1', '1', '1'],
  ],
  [
    [null, '1', '1'],
    ['1', '1', '1'],
  ],
  [
    ['3', '3', '3'],
    ['1', '1', '1'],
  ],
].map((rounds, index) => ({
  debate: `d${index}`,
  problemId: `train-${String(index + 1).padStart(5, '0')}`,
  rounds,
  ...(index === 7 ? { status: 'failed' } : {}),
}));

describe('the dataset service', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let running: Running;

  beforeEach(async () => {
    folder = await temporaryFolder();
    running = await startService(folder.dir);
  });

  afterEach(async () => {
    await running.stop();
    await folder.remove();
  });

  const call: Rest['call'] = (...asked) => restOf(running).call(...asked);
  const upload: Rest['upload'] = (...asked) => restOf(running).upload(...asked);

  async function openedOver(debates: readonly ToldDebate[]) {
    await call('POST', '/v1/problem-sets', { name: 'sums', task: 'gsm8k' });
    const text = debates
      .map(({ problemId }) => `${JSON.stringify({ question: `${problemId}?`, answer: '1' })}\n`)
      .join('');
    await upload('/v1/problem-sets/sums/splits/train', text);
    const opened = await call('POST', '/v1/collections', COLLECTION);
    expect(opened.status).toBe(200);
  }

  async function filled() {
    await until(async () => (await call('GET', '/v1/collections/run.1')).body.filled);
  }

  async function rowsOf(seat: string) {
    const response = await running.host.http.inject(`/v1/datasets/run.1.${seat}/rows`);
    expect(response.statusCode).toBe(200);
    const lines = response.body.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line).messages);
  }

  it('collects, seals and serves datasets', async () => {
    await openedOver(DEBATES);
    const early = await call('POST', '/v1/collections/run.1/seal', {});
    expect(early).toMatchObject({ status: 409 });
    expect(early.body.detail).toContain('0 of 10');
    await endDebates(running, 'run.1', DEBATES);
    await filled();

    const sealed = await call('POST', '/v1/collections/run.1/seal', { weight: 0.5, seed: 3 });
    expect(sealed.status).toBe(200);
    expect(
      Object.fromEntries(
        sealed.body.datasets.map(({ seat, pools }: { seat: string; pools: object }) => [
          seat,
          pools,
        ]),
      ),
    ).toEqual({
      'gen-1': { generation: 5 },
      'gen-2': { generation: 4 },
      'gen-3': { generation: 3 },
      'critic-1': { corrected: 2, kept: 2 },
      'critic-2': { corrected: 3, kept: 3 },
      'critic-3': { corrected: 2, kept: 2 },
    });
    const rows = await rowsOf('critic-1');
    expect(rows).toHaveLength(4);
    for (const messages of rows) {
      expect(messages.at(-1)).toEqual({ role: 'assistant', content: said('1') });
      expect(messages[1].weight).toBe(0);
    }
    expect((await rowsOf('gen-3')).map((messages) => messages[0].content)).toEqual([
      'round 1 of train-00004?',
      'round 1 of train-00005?',
      'round 1 of train-00009?',
    ]);

    const { content: made } = (await call('GET', '/v1/datasets/run.1.critic-1')).body.manifest;
    expect(made).toMatchObject({
      seat: 'critic-1',
      society: 'trio',
      debates: { expected: 10, ended: { completed: 9, failed: 1 }, tied: 1, withoutConsensus: 1 },
      pools: { corrected: { available: 2, used: 2 } },
      leftOut: { absent: 1, failed: 1, 'no-consensus': 1 },
      data: { rows: 4 },
    });
    expect(made.sources.list).toHaveLength(10);
    const listed = await call('GET', '/v1/datasets?collection=run.1');
    expect(listed.body.datasets).toHaveLength(6);
    expect((await call('GET', '/v1/datasets?collection=none')).body.datasets).toEqual([]);
  });

  it('seals the same again, and nothing else', async () => {
    await openedOver(DEBATES);
    await endDebates(running, 'run.1', DEBATES);
    await filled();
    const request = { collection: 'run.1', weight: 0.5, seed: 3n, pooling: 'seat' };
    const [one, two] = await Promise.all([
      running.client.seal(request),
      running.client.seal(request),
    ]);
    expect(two).toEqual(one);
    const calls = running.votingCalls();
    expect(await running.client.seal(request)).toEqual(one);
    expect(running.votingCalls()).toBe(calls);
    await expect(running.client.seal({ ...request, weight: 1 })).rejects.toMatchObject({
      reason: 'ALREADY_EXISTS',
    });
    const all = await running.client.seal({ ...request, pooling: 'all' });
    const total = one.datasets.reduce((sum, { rows }) => sum + rows, 0);
    expect(all.datasets).toMatchObject([{ id: 'run.1.all', seat: 'all', rows: total }]);
    expect(await rowsOf('all')).toHaveLength(total);
  });

  it('gives the same bytes for any order of events, and with or without memory', async () => {
    const digests = [];
    const orders = [DEBATES, DEBATES.toReversed(), [...DEBATES, ...DEBATES.toReversed()]];
    for (const [index, order] of orders.entries()) {
      await running.stop();
      await folder.remove();
      folder = await temporaryFolder();
      running = await startService(folder.dir, { sealMemoryBytes: index === 1 ? 0 : 2 ** 20 });
      await openedOver(DEBATES);
      await endDebates(running, 'run.1', order);
      await filled();
      const { datasets } = await running.client.seal({
        collection: 'run.1',
        weight: 0.25,
        seed: 9n,
        pooling: 'seat',
      });
      digests.push(datasets.map(({ sha256, manifestSha256 }) => [sha256, manifestSha256]));
    }
    expect(digests[1]).toEqual(digests[0]);
    expect(digests[2]).toEqual(digests[0]);
  });

  it('ends a sealing that was cut off before its commit', async () => {
    await running.stop();
    let cut = true;
    const wrap = (store: Store): Store => ({
      ...store,
      async commit(owner, operations) {
        const last = operations.some(
          (one) => one.op === 'emit' && one.event.topic === TOPICS.datasetsSealed,
        );
        if (last && cut) throw new ParleyError('UNAVAILABLE', 'cut off');
        return store.commit(owner, operations);
      },
    });
    running = await startService(folder.dir, { wrap });
    const seen: string[] = [];
    const subscription = await running.events.subscribe({
      topic: TOPICS.datasetsSealed,
      group: 'test',
      handle: async ({ id }) => void seen.push(id),
    });
    await openedOver(DEBATES);
    await endDebates(running, 'run.1', DEBATES);
    await filled();
    const request = { collection: 'run.1', weight: 0.5, seed: 3n, pooling: 'seat' };
    await expect(running.client.seal(request)).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    expect((await call('GET', '/v1/datasets/run.1.gen-1')).status).toBe(404);
    cut = false;
    const { datasets } = await running.client.seal(request);
    expect(datasets).toHaveLength(6);
    await until(() => seen.length > 0);
    expect(seen).toEqual(['datasets-sealed/run.1/seat']);
    await subscription.close();
  });

  it('names the debate whose transcript was changed', async () => {
    const [first, ...rest] = DEBATES as [ToldDebate, ...ToldDebate[]];
    await openedOver(DEBATES);
    await running.artifacts.put('debates/d0.json', Buffer.from('{}'));
    await expect(endDebates(running, 'run.1', [first])).rejects.toMatchObject({
      reason: 'CONFLICT',
    });
    await endDebates(running, 'run.1', [...rest, { ...first, debate: 'd100', task: 'math' }]);
    await filled();
    await expect(
      running.client.seal({ collection: 'run.1', weight: 0.5, seed: 3n, pooling: 'seat' }),
    ).rejects.toMatchObject({
      reason: 'FAILED_PRECONDITION',
      message: expect.stringContaining('d100'),
    });
  });

  it('streams the results in the order of the problems', async () => {
    await openedOver(DEBATES);
    await expect(async () => {
      for await (const _ of running.client.streamResults({ collection: 'run.1' }));
    }).rejects.toMatchObject({ reason: 'FAILED_PRECONDITION' });
    await endDebates(running, 'run.1', DEBATES.toReversed());
    await filled();
    const results = [];
    for await (const result of running.client.streamResults({ collection: 'run.1' }))
      results.push(result);
    expect(results.map(({ problemId }) => problemId)).toEqual(
      DEBATES.map(({ problemId }) => problemId),
    );
    expect(results[0]).toMatchObject({
      question: 'train-00001?',
      reference: '1',
      status: 'completed',
      answer: '1',
      prompt: 'round 1 of train-00001?',
      tokens: 30,
    });
    expect(results[0]?.answers).toHaveLength(6);
    expect(results[8]?.answers).toHaveLength(5);
    expect(results[5]).toMatchObject({ tie: true });
  });

  it('counts and drops what does not fit its collection', async () => {
    await openedOver(DEBATES);
    const stray = { debate: 'stray', problemId: 'nowhere', rounds: [['1', '1', '1']] };
    await endDebates(running, 'run.1', [stray]);
    await endDebates(running, '', [{ ...stray, debate: 'alone' }]);
    await endDebates(running, 'run.1', DEBATES);
    await filled();
    const metrics = await running.host.metrics.metrics();
    expect(metrics).toContain('dropped_total{reason="unknown-problem"} 1');
    expect(metrics).toContain('parley_collection_debates_total{status="completed"} 9');
  });

  it.each([
    [{ ...COLLECTION, agents: 17 }, 'body.agents'],
    [{ ...COLLECTION, id: 'a/b' }, 'body.id'],
    [{ ...COLLECTION, purpose: 'fun' }, 'body.purpose'],
    [{ ...COLLECTION, extra: 1 }, 'body.extra'],
  ])('refuses the collection %j', async (payload, field) => {
    const refused = await call('POST', '/v1/collections', payload);
    expect(refused.status).toBe(400);
    expect(refused.body.errors[0].field).toBe(field);
  });

  it.each([
    [{ weight: 1.5, pooling: 'seat' }, 'weight'],
    [{ weight: Number.NaN, pooling: 'seat' }, 'weight'],
    [{ weight: 0.5, pooling: 'both' }, 'pooling'],
    [{ weight: 0.5, seed: 2n ** 60n, pooling: 'seat' }, 'seed'],
  ])('refuses to seal with %o', async (settings, field) => {
    await expect(running.client.seal({ collection: 'run.1', ...settings })).rejects.toMatchObject({
      reason: 'INVALID_ARGUMENT',
      field,
    });
  });
});
