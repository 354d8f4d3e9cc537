import { createGrpcClient } from '@parley/platform';
import { FinetuneService } from '@parley/proto/finetune';
import { afterEach, describe, expect, it } from 'vitest';
import { BODY, createWorld, ended, eventually, type World } from '../testing/world.ts';

const releases: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

const SPEC = { ...BODY, seed: 7n, iterations: 1, weight: 0.25, methodJson: '{"epochs":2}' };

async function connected(...changes: Parameters<typeof createWorld>) {
  const world: World = await createWorld(...changes);
  releases.push(() => world.close());
  const replica = await world.replica();
  const { grpc } = await replica.listen();
  const client = createGrpcClient(FinetuneService, { address: grpc, defaultDeadlineMs: 10_000 });
  releases.push(() => client.close());
  return { client, replica };
}

describe('FinetuneService', () => {
  it('creates a cycle and gives its iterations when it has ended', async () => {
    const { client, replica } = await connected();
    const { cycle } = await client.createCycle({ spec: SPEC });
    expect(cycle).toMatchObject({
      status: 'running',
      iteration: 0,
      spec: { name: 'c1', seed: 7n, weight: 0.25, pooling: 'seat', methodJson: '{"epochs":2}' },
    });
    expect((await client.createCycle({ spec: SPEC })).cycle?.createdAt).toBe(cycle?.createdAt);
    await ended(replica);
    const done = await client.getCycle({ name: 'c1' });
    expect(done.cycle).toMatchObject({ status: 'completed', phase: 'ended' });
    const reports = done.cycle?.iterationsJson.map((json) => JSON.parse(json));
    expect(reports).toMatchObject([{ verdict: 'baseline' }, { verdict: 'promoted', iteration: 1 }]);
    const { cycles, nextPageToken } = await client.listCycles({ pageSize: 10 });
    expect([cycles.map(({ spec }) => spec?.name), nextPageToken]).toEqual([['c1'], '']);
  });

  it('pauses, resumes and cancels', async () => {
    const { client } = await connected({ hold: () => new Promise(() => {}) });
    await client.createCycle({ spec: SPEC });
    expect((await client.pauseCycle({ name: 'c1' })).cycle?.status).toBe('paused');
    expect((await client.resumeCycle({ name: 'c1' })).cycle?.status).toBe('running');
    expect((await client.cancelCycle({ name: 'c1' })).cycle).toMatchObject({
      status: 'cancelled',
      reason: 'CANCELLED',
    });
    await eventually(async () => (await client.getCycle({ name: 'c1' })).cycle?.phase === 'ended');
  });

  it.each([
    [undefined, 'spec'],
    [{ ...SPEC, name: 'No' }, 'spec.name'],
    [{ ...SPEC, iterations: 101 }, 'spec.iterations'],
    [{ ...SPEC, weight: 2 }, 'spec.weight'],
    [{ ...SPEC, pooling: 'some' }, 'spec.pooling'],
    [{ ...SPEC, seed: 2n ** 60n }, 'spec.seed'],
    [{ ...SPEC, methodJson: '[' }, 'spec.method_json'],
    [{ ...SPEC, methodJson: '[]' }, 'spec.method'],
    [{ ...SPEC, methodJson: `{"a":"${'x'.repeat(17_000)}"}` }, 'spec.method_json'],
    [{ ...SPEC, gate: { maxDropStandardErrors: -1 } }, 'spec.gate.maxDropStandardErrors'],
  ])('refuses a bad request, naming the field', async (spec, field) => {
    const { client } = await connected();
    const request = client.createCycle(spec === undefined ? {} : { spec });
    await expect(request).rejects.toMatchObject({ reason: 'INVALID_ARGUMENT', field });
  });
});
