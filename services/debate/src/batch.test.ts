import { deriveSeed, emit, handleEvents, openArtifacts, TOPICS } from '@parley/platform';
import { type DebateEnded, DebateEndedSchema, DebatesRequestedSchema } from '@parley/proto/debate';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { BatchRecord } from './domain/batch.ts';
import { batchDebateId } from './domain/ids.ts';
import { openFixture } from './testing/fixture.ts';
import { get, openBeside, until } from './testing/replica.ts';

const fixture = await openFixture();
const beside = await openBeside(fixture.replica.config);
const artifacts = await openArtifacts(fixture.replica.config.artifacts);
beforeEach(fixture.reset);
afterAll(async () => {
  await beside.close();
  await fixture.close();
});

const ended: DebateEnded[] = [];
const subscription = await handleEvents(beside.events, DebateEndedSchema, {
  topic: TOPICS.debatesEnded,
  group: 'test',
  handle: async (message) => void ended.push(message),
});
afterAll(() => subscription.close());

type Line = { id?: string; question?: string; answer?: string };

/** Publishes a request for a batch over these lines, as its producer does. */
async function request(batch: string, lines: Line[], society = 'maths'): Promise<void> {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const { uri, sha256 } = await artifacts.put(`problems/${batch}.jsonl`, Buffer.from(text));
  const { event } = emit(
    DebatesRequestedSchema,
    {
      batch,
      collection: `c-${batch}`,
      template: { society, task: 'arithmetic', priority: 'batch' },
      problemsUri: uri,
      problemsSha256: sha256,
      seed: 5n,
    },
    { topic: TOPICS.debatesRequested, key: batch, source: 'test' },
  );
  await beside.events.publish([event]);
}

function record(batch: string) {
  return until(async () => {
    const stored = await beside.store.get<BatchRecord>(batch, 'batch');
    const status = stored?.value.status;
    return status === 'created' || status === 'failed' ? stored?.value : undefined;
  });
}

describe('a batch', () => {
  test('becomes one debate for each problem, and never tells an agent the reference', async () => {
    const { replica, neighbours } = fixture;
    const lines = Array.from({ length: 200 }, (_, at) => ({
      id: `p${at}`,
      question: `What is ${at}+1?`,
      answer: 'reference',
    }));
    await request('b1', lines);
    await until(() => (ended.length >= 200 ? true : undefined));
    expect(new Set(ended.map(({ problemId }) => problemId)).size).toBe(200);
    expect(
      ended.every(({ status, collection }) => status === 'completed' && collection === 'c-b1'),
    ).toBe(true);
    expect(await record('b1')).toMatchObject({ status: 'created', problems: 200, done: 200 });
    expect(JSON.stringify(neighbours.calls())).not.toContain('reference');
    expect(new Set(neighbours.asked.map(({ priority }) => priority))).toEqual(new Set(['batch']));
    const { body } = await get(replica, `/v1/debates/${batchDebateId('b1', 'p17')}`);
    expect(body).toMatchObject({
      question: 'What is 17+1?',
      problemId: 'p17',
      batch: 'b1',
      revision: 2,
      seed: deriveSeed(5, 'p17'),
    });
  });

  test('can be asked for by REST', async () => {
    const { replica } = fixture;
    const problems = await artifacts.put(
      'problems/rest.jsonl',
      Buffer.from('{"id":"p1","question":"What is 1+1?"}\n'),
    );
    const body = {
      id: 'rest',
      society: 'maths',
      task: 'arithmetic',
      problems: { uri: problems.uri, sha256: problems.sha256 },
      seed: 5,
    };
    const asked = () => replica.host.http.inject({ method: 'POST', url: '/v1/batches', body });
    const first = await asked();
    expect([first.statusCode, first.headers.location]).toEqual([202, '/v1/batches/rest']);
    expect((await asked()).statusCode).toBe(202);
    const { seed, priority } = await until(async () => {
      const debate = (await get(replica, `/v1/debates/${batchDebateId('rest', 'p1')}`)).body;
      return debate.status === 'completed' ? debate : undefined;
    });
    expect({ seed, priority }).toEqual({ seed: deriveSeed(5, 'p1'), priority: 'batch' });
    const other = { ...body, seed: 6 };
    const refused = await replica.host.http.inject({
      method: 'POST',
      url: '/v1/batches',
      body: other,
    });
    expect(refused.json()).toMatchObject({ status: 409, reason: 'ALREADY_EXISTS' });
  });

  test('that is requested again makes nothing new', async () => {
    const { neighbours } = fixture;
    const lines = [{ id: 'x', question: 'What is 3?' }];
    await request('b2', lines);
    await request('b2', lines);
    await until(() => ended.find(({ batch }) => batch === 'b2'));
    await until(async () =>
      (await beside.events.lag(TOPICS.debatesRequested, 'debate')) === 0 ? true : undefined,
    );
    expect(neighbours.calls()).toHaveLength(9);
    expect(ended.filter(({ batch }) => batch === 'b2')).toHaveLength(1);
  });

  test('that has failed is tried again when it is asked for again', async () => {
    const lines = [{ id: 'x', question: 'q' }];
    fixture.neighbours.behaviour.missing = 'newcomers';
    await request('late', lines, 'newcomers');
    expect(await record('late')).toMatchObject({ status: 'failed', done: 0 });
    fixture.neighbours.behaviour.missing = 'nobody';
    await request('late', lines, 'newcomers');
    await until(() => (ended.some(({ batch }) => batch === 'late') ? true : undefined));
    expect(await record('late')).toMatchObject({
      status: 'created',
      reason: '',
      problems: 1,
      done: 1,
    });
  });

  const bad: [string, string, Line[], string, string][] = [
    [
      'bad-society',
      'an unknown society',
      [{ id: 'x', question: 'q' }],
      'nobody',
      "NOT_FOUND: society: there is no society 'nobody'",
    ],
    [
      'bad-line',
      'a line without a question',
      [{ id: 'x', question: 'q' }, { id: 'y' }],
      'maths',
      'DATA_CORRUPT: problems: line 2 has no "question"',
    ],
    [
      'bad-twice',
      'a problem that is there twice',
      [
        { id: 'x', question: 'q' },
        { id: 'x', question: 'q' },
      ],
      'maths',
      "DATA_CORRUPT: problems: 'x' is there twice; ids must differ",
    ],
    [
      'bad-long',
      'a question that is too long',
      [{ id: 'x', question: 'q'.repeat(70_000) }],
      'maths',
      'LIMIT_EXCEEDED: problems: line 1: question: has 70000 bytes; at most 65536 are allowed',
    ],
  ];
  test.each(bad)(
    '%s: with %s is stored as failed and makes no debate',
    async (batch, _, lines, society, reason) => {
      await request(batch, lines, society);
      expect(await record(batch)).toMatchObject({ status: 'failed', reason, done: 0 });
      expect(fixture.neighbours.calls()).toEqual([]);
    },
  );
});
