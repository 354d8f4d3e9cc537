import { completePrompts, handleEvents, openArtifacts, TOPICS } from '@parley/platform';
import { type DebateEnded, DebateEndedSchema } from '@parley/proto/debate';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { Transcript } from './index.ts';
import { openFixture } from './testing/fixture.ts';
import { ended, get, openBeside, post, until } from './testing/replica.ts';

const fixture = await openFixture();
beforeEach(fixture.reset);
afterAll(fixture.close);
const wait = { prefer: 'wait=10' };
const question = { society: 'maths', question: 'What is 1+1?', seed: 7 };

describe('a debate', () => {
  test('of three agents and two rounds takes three requests with nine calls, and a vote', async () => {
    const { replica, neighbours } = fixture;
    const { status, body, headers } = await post(replica, question, wait);
    expect(status).toBe(201);
    expect(headers).toMatchObject({ location: `/v1/debates/${body.id}` });
    expect(body).toMatchObject({ status: 'completed', reason: '', revision: 2, seed: 7 });
    expect(body.turns.map(({ seat }) => seat)).toEqual([
      ...['gen-1', 'gen-2', 'gen-3', 'base', 'base', 'base'],
      ...['critic-1', 'critic-2', 'critic-3'],
    ]);
    expect(body.turns.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(neighbours.asked.map(({ calls }) => calls.length)).toEqual([3, 3, 3]);
    expect(neighbours.asked[0]).toMatchObject({ revision: 2, priority: 'interactive' });
    expect(neighbours.counters.tallies).toBe(1);
    expect(body.vote.members).toHaveLength(2);
    expect(body.usage).toEqual({ promptTokens: 60 + 90, completionTokens: 45 });
  });

  test('asks round 1 so that it can become one upstream call', async () => {
    await post(fixture.replica, question, wait);
    const [first] = fixture.neighbours.asked;
    const [one, ...others] = first?.calls ?? [];
    expect(others.map(({ seed }) => seed - (one?.seed ?? 0))).toEqual([1, 2]);
    expect(others.map(({ messages }) => messages)).toEqual([one?.messages, one?.messages]);
  });

  test('is the same again for the same seed', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => post(fixture.replica, question, wait)));
    const said = (body = one?.body) => body?.turns.map(({ text, prompt }) => [prompt, text]).sort();
    expect(said(two?.body)).toEqual(said());
    expect(two?.body.id).not.toBe(one?.body.id);
  });

  test('keeps a transcript by its digest, and is shown from it', async () => {
    const { replica } = fixture;
    const { body } = await post(replica, question, wait);
    expect(body.transcript.uri).toMatch(new RegExp(`:debates/[0-9a-f]{2}/${body.id}\\.json$`));
    const artifacts = await openArtifacts(replica.config.artifacts);
    const text = Buffer.from(await artifacts.get(body.transcript)).toString();
    await artifacts.close();
    const transcript: Transcript = JSON.parse(text);
    expect(transcript).toMatchObject({ version: 1, debate: body.id, agents: 3, vote: body.vote });
    expect(transcript.promptsVersion).toBe('1');
    expect(transcript.turns).toEqual(body.turns);
    expect((await get(replica, `/v1/debates/${body.id}`)).body).toEqual(body);
  });

  test('carries the trace of its request on to inference', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const traceparent = `00-${trace}-b7ad6b7169203331-01`;
    await post(fixture.replica, question, { ...wait, traceparent });
    expect(fixture.neighbours.asked.map((asked) => asked.trace)).toEqual([trace, trace, trace]);
  });

  test('is announced once it has ended', async () => {
    const { replica } = fixture;
    const beside = await openBeside(replica.config);
    const seen: DebateEnded[] = [];
    const subscription = await handleEvents(beside.events, DebateEndedSchema, {
      topic: TOPICS.debatesEnded,
      group: 'test',
      handle: async (message) => void seen.push(message),
    });
    const { body } = await post(replica, question, wait);
    const event = await until(() => seen.find(({ debate }) => debate === body.id));
    expect(event).toMatchObject({
      society: 'maths',
      revision: 2,
      status: 'completed',
      answer: body.vote.answer,
      transcriptUri: body.transcript.uri,
      transcriptSha256: body.transcript.sha256,
    });
    await subscription.close();
    await beside.close();
  });

  test('takes what is asked for in place of the defaults of its society', async () => {
    const { replica, neighbours } = fixture;
    const protocol = { rounds: 3, critics: false, summaries: false, sampling: { maxTokens: 9 } };
    const { body } = await post(replica, { ...question, revision: 3, protocol }, wait);
    expect(body).toMatchObject({
      revision: 3,
      protocol: { ...protocol, sampling: { temperature: 1, topP: 0.9, maxTokens: 9 } },
    });
    expect(new Set(neighbours.calls().map(({ seat }) => seat))).toEqual(
      new Set(['gen-1', 'gen-2', 'gen-3']),
    );
    expect(neighbours.calls()).toHaveLength(9);
  });
});

describe("a society's own prompts", () => {
  const short = completePrompts(
    {
      version: 'short',
      question: '{question}',
      summary: 'Summarize: {question}\n{answers}',
      critique: 'Others: {summary}\nSolve: {question}',
      answer: '{number}) {answer}',
      separator: '\n',
    },
    'prompts',
  );

  test('are those of its debates, whose transcripts name their version', async () => {
    const { replica, neighbours } = fixture;
    neighbours.behaviour.prompts = short;
    const named = { ...question, society: 'short' };
    const { body } = await post(replica, named, wait);
    expect(body).toMatchObject({ status: 'completed', promptsVersion: 'short' });
    expect(body).not.toHaveProperty('prompts');
    const [first, , , summary, , , critique] = body.turns.toSorted(
      (a, b) => a.round - b.round || (a.kind < b.kind ? 1 : -1) || a.position - b.position,
    );
    expect(first?.prompt).toBe('What is 1+1?');
    expect(summary?.prompt).toMatch(/^Summarize: What is 1\+1\?\n1\) seed \d[^)]*\n2\) seed \d/);
    expect(critique?.prompt).toBe(`Others: ${summary?.text}\nSolve: What is 1+1?`);
    const artifacts = await openArtifacts(replica.config.artifacts);
    const text = Buffer.from(await artifacts.get(body.transcript)).toString();
    await artifacts.close();
    expect(JSON.parse(text)).toMatchObject({ promptsVersion: 'short', turns: body.turns });
  });

  test('cannot be changed by a debate', async () => {
    const protocol = { prompts: { version: 'mine', question: 'Q: {question}' } };
    const { status, body } = await post(fixture.replica, { ...question, protocol });
    expect([status, body.errors[0]?.field]).toEqual([400, 'body.protocol.prompts']);
  });
});

describe('POST /v1/debates', () => {
  test('without Prefer answers 202 with where to look', async () => {
    const { replica } = fixture;
    const { status, body, headers } = await post(replica, question);
    expect(status).toBe(202);
    expect(body).toMatchObject({ status: 'running' });
    expect(headers.location).toBe(`/v1/debates/${body.id}`);
    expect(await ended(replica, body.id)).toMatchObject({ status: 'completed' });
  });

  test('answers 202 when the end does not come in time, with progress to look at', async () => {
    const { replica, neighbours } = fixture;
    neighbours.behaviour.reply = ({ seat, seed }) =>
      seat === 'base' ? 'silence' : { text: `\\boxed{${seed}}` };
    const { status, body } = await post(replica, question, { prefer: 'wait=1' });
    expect(status).toBe(202);
    const { body: shown } = await get(replica, `/v1/debates/${body.id}`);
    expect(shown).toMatchObject({
      status: 'running',
      progress: { rounds: 2, roundsDone: 1, turns: 3, expectedTurns: 9 },
    });
    await replica.host.http.inject({ method: 'POST', url: `/v1/debates/${body.id}/cancel` });
  });

  test('with an Idempotency-Key makes one debate of many requests', async () => {
    const { replica, neighbours } = fixture;
    const headers = { ...wait, 'idempotency-key': 'once' };
    const answers = await Promise.all([1, 2, 3].map(() => post(replica, question, headers)));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(neighbours.calls()).toHaveLength(9);
    const other = await post(replica, { ...question, seed: 8 }, headers);
    expect(other.status).toBe(409);
    expect(other.body.detail).toContain('another id or Idempotency-Key');
  });

  const bad: [string, object, number, string][] = [
    ['no question', { question: undefined }, 400, 'body.question'],
    ['an empty question', { question: ' ' }, 400, 'question'],
    ['a question beyond 64 KiB', { question: 'é'.repeat(40_000) }, 413, 'question'],
    ['no society', { society: undefined }, 400, 'body.society'],
    ['an unknown society', { society: 'nobody' }, 404, 'society'],
    ['an unknown revision', { revision: 9 }, 404, 'revision'],
    ['an unknown task', { task: 'poetry' }, 400, 'body.task'],
    ['a negative seed', { seed: -1 }, 400, 'body.seed'],
    ['a seed beyond 2^48', { seed: 2 ** 48 + 1 }, 400, 'body.seed'],
    ['too many rounds', { protocol: { rounds: 9 } }, 400, 'body.protocol.rounds'],
    ['an unknown summarizer', { protocol: { summarizer: 'me' } }, 400, 'body.protocol.summarizer'],
    [
      'a temperature out of range',
      { protocol: { sampling: { temperature: 3 } } },
      400,
      'body.protocol.sampling.temperature',
    ],
    ['a negative budget', { budget: { tokens: -1 } }, 400, 'body.budget.tokens'],
    ['an unknown priority', { priority: 'now' }, 400, 'body.priority'],
    ['a text for a boolean', { earlyStop: 'yes' }, 400, 'body.earlyStop'],
    ['a field that is not known', { rounds: 2 }, 400, 'body.rounds'],
  ];
  test.each(bad)('refuses %s', async (_, change, expected, field) => {
    const { status, body } = await post(fixture.replica, { ...question, ...change });
    expect([status, body.errors?.[0]?.field]).toEqual([expected, field]);
  });
});

describe('GET /v1/debates', () => {
  test('lists newest first, in pages', async () => {
    const { replica } = fixture;
    const made: string[] = [];
    for (const seed of [1, 2, 3])
      made.unshift((await post(replica, { ...question, seed }, wait)).body.id);
    const first = await get(replica, '/v1/debates?limit=2');
    expect(first.body.debates.map(({ id }) => id)).toEqual(made.slice(0, 2));
    const second = await get(replica, `/v1/debates?limit=1&cursor=${first.body.next}`);
    expect(second.body.debates.map(({ id }) => id)).toEqual(made.slice(2));
  });

  test.each(['/v1/debates/none', '/v1/debates/none/events'])('%s is not found', async (url) => {
    const { status, body } = await get(fixture.replica, url);
    expect([status, body.errors[0]?.field]).toEqual([404, 'id']);
  });

  test.each(['/v1/debates?limit=0', '/v1/debates?cursor=!', '/v1/debates/a%20b'])(
    '%s is refused',
    async (url) => {
      expect((await get(fixture.replica, url)).status).toBe(400);
    },
  );
});
