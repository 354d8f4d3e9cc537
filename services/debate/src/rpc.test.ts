import { createGrpcClient, emit, TOPICS } from '@parley/platform';
import { DebateService } from '@parley/proto/debate';
import { SocietyChangedSchema } from '@parley/proto/inference';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { openFixture } from './testing/fixture.ts';
import { openBeside, until } from './testing/replica.ts';

const fixture = await openFixture();
const client = createGrpcClient(DebateService, {
  address: fixture.replica.grpc,
  defaultDeadlineMs: 10_000,
});
beforeEach(fixture.reset);
afterAll(async () => {
  client.close();
  await fixture.close();
});

const spec = { society: 'maths', question: 'What is 1+1?', task: 'math', seed: 7n };

describe('DebateService', () => {
  test('creates a debate, streams its turns and end, and shows it', async () => {
    const { debate } = await client.createDebate({ debateId: 'mine', spec });
    expect(debate).toMatchObject({
      id: 'mine',
      status: 'running',
      promptsVersion: '1',
      spec: { revision: 2, seed: 7n },
    });
    const seen: string[] = [];
    for await (const { sequence, entry } of client.watchDebate({ id: 'mine' }))
      seen.push(`${sequence} ${entry.case}`);
    expect(seen).toHaveLength(10);
    expect(seen.at(-1)).toBe('10 ended');
    const shown = await client.getDebate({ id: 'mine' });
    expect(shown.debate).toMatchObject({ status: 'completed', promptTokens: 150 });
    expect(shown.debate?.vote?.winner?.members).toHaveLength(2);
    expect(shown.turns).toHaveLength(9);
  });

  test('resumes a watch behind a sequence', async () => {
    await client.createDebate({ debateId: 'watched', spec });
    const seen: bigint[] = [];
    for await (const { sequence } of client.watchDebate({ id: 'watched', afterSequence: 8n }))
      seen.push(sequence);
    expect(seen).toEqual([9n, 10n]);
  });

  test('answers a repetition with the same debate, and refuses another request under its id', async () => {
    const first = await client.createDebate({ debateId: 'again', spec });
    const second = await client.createDebate({ debateId: 'again', spec });
    expect(second.debate?.createdAt).toBe(first.debate?.createdAt);
    await expect(
      client.createDebate({ debateId: 'again', spec: { ...spec, seed: 8n } }),
    ).rejects.toMatchObject({ reason: 'ALREADY_EXISTS' });
  });

  test('lists and cancels', async () => {
    fixture.neighbours.behaviour.reply = () => 'silence';
    await client.createDebate({ debateId: 'stuck', spec });
    const { debates } = await client.listDebates({ pageSize: 1 });
    expect(debates.map(({ id }) => id)).toEqual(['stuck']);
    const { debate } = await client.cancelDebate({ id: 'stuck' });
    expect(debate).toMatchObject({ status: 'cancelled', reason: 'CANCELLED' });
  });

  const bad: [string, object, string, string][] = [
    ['no spec', {}, 'INVALID_ARGUMENT', 'spec'],
    ['no society', { spec: { ...spec, society: '' } }, 'INVALID_ARGUMENT', 'spec.society'],
    ['an unknown society', { spec: { ...spec, society: 'nobody' } }, 'NOT_FOUND', 'society'],
    ['an unknown task', { spec: { ...spec, task: 'poetry' } }, 'INVALID_ARGUMENT', 'spec.task'],
    ['a seed beyond 2^48', { spec: { ...spec, seed: 2n ** 60n } }, 'INVALID_ARGUMENT', 'spec.seed'],
    ['an id with a slash', { debateId: 'a/b', spec }, 'INVALID_ARGUMENT', 'debateId'],
    [
      'too many rounds',
      { spec: { ...spec, protocol: { rounds: 9 } } },
      'INVALID_ARGUMENT',
      'protocol.rounds',
    ],
    [
      'prompts of its own',
      { spec: { ...spec, protocol: { rounds: 2, prompts: { version: 'mine' } } } },
      'INVALID_ARGUMENT',
      'spec.protocol.prompts',
    ],
  ];
  test.each(bad)('refuses %s', async (_, request, reason, field) => {
    await expect(client.createDebate(request)).rejects.toMatchObject({ reason, field });
  });
});

test('a society is looked up once in a while, and again when it has changed', async () => {
  const { neighbours, replica } = fixture;
  const named = { ...spec, society: 'looked-up' };
  await client.createDebate({ debateId: 'l1', spec: named });
  await client.createDebate({ debateId: 'l2', spec: named });
  expect(neighbours.counters.lookups).toBe(1);
  const beside = await openBeside(replica.config);
  const { event } = emit(
    SocietyChangedSchema,
    { society: 'looked-up', currentRevision: 3, latestRevision: 3 },
    { topic: TOPICS.societiesChanged, key: 'looked-up', source: 'test' },
  );
  await beside.events.publish([event]);
  let count = 0;
  await until(async () => {
    count += 1;
    await client.createDebate({ debateId: `l3-${count}`, spec: named });
    return neighbours.counters.lookups === 2 ? true : undefined;
  });
  await beside.close();
});
