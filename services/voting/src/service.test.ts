import { createGrpcClient, createHost, type Host } from '@parley/platform';
import { VotingService } from '@parley/proto/voting';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { envToVotingConfig } from './config.ts';
import { POLICIES } from './domain/policy.ts';
import { createVoting } from './service.ts';
import { startInference } from './testing/inference.ts';

const config = envToVotingConfig({
  PARLEY_HTTP_PORT: '0',
  PARLEY_GRPC_PORT: '0',
  PARLEY_ADMIN_PORT: '0',
  PARLEY_LOG_LEVEL: 'silent',
});

let host: Host;
let client: ReturnType<typeof createGrpcClient<typeof VotingService>>;

beforeAll(async () => {
  host = await createHost('voting', config);
  const addresses = await host.start([await createVoting(host, config)]);
  client = createGrpcClient(VotingService, { address: addresses.grpc, defaultDeadlineMs: 30_000 });
});

afterAll(async () => {
  client.close();
  await host.stop();
});

async function post(url: string, payload: object) {
  const response = await host.http.inject({ method: 'POST', url, payload });
  return { status: response.statusCode, body: response.json() };
}

const ballots = [
  { agent: 'critic-1', response: '\\boxed{4}' },
  { agent: 'critic-2', response: 'The answer is 4.' },
  { agent: 'critic-3', response: '#### 5' },
];

/** Three spellings that no rewriting of text makes one, and a fourth answer. */
const roots = [
  { agent: 'a', response: 'So $\\boxed{\\frac{\\sqrt{3}}{2}}$.' },
  { agent: 'b', response: '\\boxed{\\sqrt{3/4}}' },
  { agent: 'c', response: '\\boxed{\\sqrt{3}}' },
];

describe('votes', () => {
  it('say everything about one vote over REST', async () => {
    const { status, body } = await post('/v1/votes', { policy: 'gsm', ballots });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      winner: { answer: '4', members: ['critic-1', 'critic-2'], weight: 2 },
      tie: false,
      tieBreak: '',
      groups: [{ answer: '4' }, { answer: '5', members: ['critic-3'], weight: 1 }],
      unextracted: [],
      dissent: [{ agent: 'critic-3', answer: '5' }],
      quorum: true,
      unknown: [],
      agreement: {
        agents: ['critic-1', 'critic-2', 'critic-3'],
        matrix: [
          [1, 1, 0],
          [1, 1, 0],
          [0, 0, 1],
        ],
      },
    });
    expect(body.consensus).toBeCloseTo(2 / 3);
    expect(body.margin).toBeCloseTo(1 / 3);
    expect(body.entropy).toBeCloseTo(0.9183);
    const [{ answer, rule, from, to, agent }] = body.extractions;
    expect({ agent, answer, rule }).toEqual({ agent: 'critic-1', answer: '4', rule: 'boxed' });
    expect(ballots[0]?.response.slice(from, to)).toContain('4');
  });

  it('take a task for its policy, and many in one request', async () => {
    const one = await post('/v1/votes', { policy: 'gsm8k', ballots });
    const nothing = { policy: 'text', ballots: [{ agent: 'a', response: 'I think so.' }] };
    const many = await post('/v1/votes', { votes: [{ policy: 'gsm8k', ballots }, nothing] });
    expect(many.body.results).toMatchObject([
      one.body,
      {
        winner: null,
        consensus: 0,
        unextracted: ['a'],
        extractions: [{ agent: 'a', answer: '', rule: '', from: 0, to: 0 }],
      },
    ]);
  });

  it('group by what answers mean, by workers where text and numbers cannot tell', async () => {
    const { body } = await post('/v1/votes', { policy: 'boxed', ballots: roots });
    expect(body.winner.members).toEqual(['a', 'b']);
    expect(body.unknown).toEqual([]);
    const { vote } = await client.tally({ policy: 'math', ballots: roots });
    expect(vote?.winner).toMatchObject({ answer: body.winner.answer, members: ['a', 'b'] });
    const metrics = await host.metrics.metrics();
    expect(metrics).toMatch(/parley_equality_total\{rule="symbolic",equal="true"\} [1-9]/);
    expect(metrics).toMatch(/parley_symbolic_seconds_count\{outcome="equal"\} [1-9]/);
    expect(metrics).toContain('parley_symbolic_queued 0');
  });

  it('go by settings, methods, ties and quorums', async () => {
    const weighted = ballots.map((ballot, index) => ({ ...ballot, weight: index }));
    const asked = [
      { policy: 'gsm', method: 'weighted', ballots: weighted.map((one) => ({ ...one })) },
      { policy: 'gsm', quorum: 4, ballots },
      { policy: 'gsm', tie: 'none', ballots: ballots.slice(1) },
      { policy: 'gsm', tie: 'earliest', ballots: ballots.slice(1) },
      {
        policy: 'gsm',
        method: 'borda',
        ballots: [
          { agent: 'a', ranking: ['1', '2', '3'] },
          { agent: 'b', ranking: ['3', '2', '1'] },
          { agent: 'c', ranking: ['2', '1', '3'] },
        ],
      },
      {
        policy: 'boxed',
        settings: { percent: 'fraction' },
        ballots: [
          { agent: 'a', response: '\\boxed{10\\%}' },
          { agent: 'b', response: '\\boxed{0.1}' },
        ],
      },
    ];
    const { body } = await post('/v1/votes', { votes: asked });
    expect(body.results).toMatchObject([
      { winner: { answer: '5', weight: 2 }, tie: false },
      { winner: null, quorum: false },
      { winner: null, tie: true, tieBreak: '' },
      { winner: { answer: '4' }, tie: true, tieBreak: 'earliest' },
      { winner: { answer: '2' } },
      { groups: [{ members: ['a', 'b'] }] },
    ]);
  });

  it('learn weights from vote to vote of a request, unless one has its own record', async () => {
    const right = { policy: 'gsm', method: 'learned', ballots };
    const split = {
      ...right,
      ballots: [
        { agent: 'critic-1', response: '1' },
        { agent: 'critic-3', response: '2' },
      ],
    };
    const record = { 'critic-3': { agreed: 9, votes: 9 } };
    const votes = [right, split, { ...split, record }];
    const { body } = await post('/v1/votes', { votes });
    expect(body.results.map((one: { winner: { answer: string } }) => one.winner.answer)).toEqual([
      '4',
      '1',
      '2',
    ]);
    const streamed = await Array.fromAsync(client.tallyBatch({ votes }));
    expect(streamed.map(({ vote }) => vote?.winner?.answer)).toEqual(['4', '1', '2']);
  });

  it.each([
    [{ policy: 'gsm' }, 400, 'body.ballots'],
    [{ ballots }, 400, 'body.policy'],
    [{ policy: 'chess', ballots }, 400, 'body.policy'],
    [{ policy: 'gsm', ballots: [] }, 400, 'body.ballots'],
    [{ policy: 'gsm', ballots: [ballots[0], ballots[0]] }, 400, 'body.ballots.1.agent'],
    [
      { policy: 'gsm', ballots: [{ agent: 'a', response: '', weight: -1 }] },
      400,
      'body.ballots.0.weight',
    ],
    [{ votes: [{ policy: 'gsm', ballots }], seed: 1 }, 400, 'body.seed'],
    [{ policy: 'gsm', ballots, extra: 1 }, 400, 'body.extra'],
    [{ policy: 'gsm', ballots, method: 'approval' }, 400, 'body.method'],
    [{ policy: 'gsm', ballots, tie: 'coin' }, 400, 'body.tie'],
    [{ policy: 'gsm', ballots, tie: 'judge' }, 400, 'body.judge'],
    [{ policy: 'gsm', ballots, settings: { percents: 'x' } }, 400, 'body.settings.percents'],
    [{ policy: 'gsm', ballots, settings: { percent: 'x' } }, 400, 'body.settings.percent'],
    [{ policy: 'gsm', ballots, settings: { digits: 99 } }, 400, 'body.settings.digits'],
    [
      { policy: 'gsm', ballots, record: { a: { agreed: 2, votes: 1 } } },
      400,
      'body.record.a.agreed',
    ],
    [
      {
        votes: [
          { policy: 'gsm', ballots },
          { policy: 'gsm', ballots: [...ballots, ballots[1]] },
        ],
      },
      400,
      'body.votes.1.ballots.3.agent',
    ],
    [
      { policy: 'gsm', ballots: [{ agent: 'a', response: 'x'.repeat(2 ** 20 + 1) }] },
      400,
      'body.ballots.0.response',
    ],
  ])('refuse what is wrong naming the field: %#', async (payload, status, field) => {
    const refused = await post('/v1/votes', payload);
    expect(refused.body.errors[0].field).toBe(field);
    expect(refused.status).toBe(status);
  });

  it('refuse a judge that is not configured', async () => {
    const judge = { society: 'trio', question: '2+2?' };
    const refused = await post('/v1/votes', { policy: 'gsm', ballots, tie: 'judge', judge });
    expect(refused).toMatchObject({ status: 501, body: { reason: 'NOT_CONFIGURED' } });
    expect(refused.body.detail).toContain('PARLEY_INFERENCE_ADDRESS');
  });

  it.each([
    [{ policy: 'chess', ballots }, 'INVALID_ARGUMENT', 'policy'],
    [{ policy: 'gsm8k', ballots, seed: 2n ** 60n }, 'INVALID_ARGUMENT', 'seed'],
    [{ policy: 'gsm8k', ballots: [...ballots, ...ballots] }, 'INVALID_ARGUMENT', 'ballots.3.agent'],
    [{ policy: 'gsm8k', ballots: [] }, 'INVALID_ARGUMENT', 'ballots'],
    [{ policy: 'gsm8k', ballots, method: 'approval' }, 'INVALID_ARGUMENT', 'method'],
    [{ policy: 'gsm8k', ballots, settings: { units: 'x' } }, 'INVALID_ARGUMENT', 'settings.units'],
    [
      { policy: 'gsm8k', ballots: [{ agent: 'a', response: 'x'.repeat(2 ** 20 + 1) }] },
      'LIMIT_EXCEEDED',
      'ballots.0.response',
    ],
  ])('refuse a bad call naming the field: %#', async (request, reason, field) => {
    await expect(client.tally(request)).rejects.toMatchObject({ reason, field });
    const votes = [{ policy: 'gsm', ballots }, request];
    await expect(Array.fromAsync(client.tallyBatch({ votes }))).rejects.toMatchObject({
      reason,
      field: `votes.1.${field}`,
    });
  });

  it('come back over a stream as they are over REST', async () => {
    const votes = Array.from({ length: 3000 }, (_, index) => ({
      policy: 'gsm',
      ballots: [{ agent: 'a', response: `so ${index}` }],
    }));
    const streamed = await Array.fromAsync(client.tallyBatch({ votes }));
    expect(streamed.map(({ index }) => index)).toEqual(votes.map((_, index) => index));
    const { body } = await post('/v1/votes', { votes });
    expect(body.results.map((one: { winner: { answer: string } }) => one.winner.answer)).toEqual(
      streamed.map(({ vote }) => vote?.winner?.answer),
    );
    expect(streamed[2999]?.vote?.winner?.answer).toBe('2999');
  });
});

describe('grades', () => {
  const pairs = [
    { answer: 'so 72', reference: 'because.\n#### 72' },
    { answer: '71', reference: '72' },
    { answer: '', reference: '72' },
  ];

  it('say over REST what was found, and which step decided', async () => {
    const { body } = await post('/v1/grades', { policy: 'gsm8k', pairs });
    expect(body.results).toEqual([
      {
        equal: true,
        rule: 'string',
        unknown: false,
        answer: { text: '72', rule: 'last-number', from: 3, to: 5 },
        reference: { text: '72', rule: 'hashes', from: 14, to: 16 },
      },
      expect.objectContaining({ equal: false, rule: 'number' }),
      expect.objectContaining({ equal: false, rule: '', answer: null }),
    ]);
  });

  it('are the same over gRPC, alone and as a stream', async () => {
    const { results } = await client.grade({ policy: 'gsm8k', pairs });
    expect(results.map(({ equal, rule }) => [equal, rule])).toEqual([
      [true, 'string'],
      [false, 'number'],
      [false, ''],
    ]);
    const streamed = await Array.fromAsync(client.gradeBatch({ policy: 'gsm8k', pairs }));
    expect(streamed.map(({ grade }) => grade)).toEqual(results);
    expect(streamed.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  it('know mathematics', async () => {
    const { body } = await post('/v1/grades', {
      policy: 'boxed',
      pairs: [
        { answer: '\\frac{\\sqrt{3}}{2}', reference: '\\sqrt{3/4}' },
        { answer: '(x+1)^2', reference: 'x^2+2x+1' },
        { answer: '(x+1)^2', reference: 'x^2+2x+2' },
      ],
    });
    const symbolic = { rule: 'symbolic', unknown: false };
    expect(body.results).toMatchObject([
      { equal: true, ...symbolic },
      { equal: true, ...symbolic },
      { equal: false, ...symbolic },
    ]);
  });

  it.each([
    [{ policy: 'gsm', pairs: [] }, 'body.pairs'],
    [{ pairs }, 'body.policy'],
    [{ policy: 'gsm', pairs: [{ answer: '1' }] }, 'body.pairs.0.reference'],
    [{ policy: 'gsm', pairs, settings: { order: 1 } }, 'body.settings.order'],
  ])('refuse what is wrong naming the field: %#', async (payload, field) => {
    const { status, body } = await post('/v1/grades', payload);
    expect([status, body.errors[0].field]).toEqual([400, field]);
  });
});

describe('extractions', () => {
  const responses = ['so \\boxed{x}', ''];

  it('say where an answer stood, in the same way everywhere', async () => {
    const { body } = await post('/v1/extractions', { policy: 'boxed', responses });
    expect(body.results).toEqual([{ answer: 'x', rule: 'boxed', from: 10, to: 11 }, null]);
    const { extractions } = await client.extract({ policy: 'math', responses });
    expect(extractions).toMatchObject([
      { agent: '', answer: 'x', rule: 'boxed', from: 10, to: 11 },
      { agent: '', answer: '', rule: '' },
    ]);
    const streamed = await Array.fromAsync(client.extractBatch({ policy: 'math', responses }));
    expect(streamed.map(({ extraction }) => extraction)).toEqual(extractions);
  });

  it('are refused naming the field', async () => {
    const { status, body } = await post('/v1/extractions', { policy: 'boxed', responses: [1] });
    expect([status, body.errors[0].field]).toEqual([400, 'body.responses.0']);
  });
});

describe('hostile requests', () => {
  const many = (items: number) => Array.from({ length: items }, () => '1');

  it('of more than is taken are refused with the limit', async () => {
    const responses = many(10_001);
    await expect(client.extract({ policy: 'gsm8k', responses })).rejects.toMatchObject({
      reason: 'LIMIT_EXCEEDED',
      field: 'responses',
    });
    const streamed = client.extractBatch({ policy: 'gsm8k', responses });
    await expect(Array.fromAsync(streamed)).rejects.toMatchObject({ field: 'responses' });
    const vote = {
      policy: 'gsm',
      ballots: many(1000).map((response, at) => ({ agent: `${at}`, response })),
    };
    const { status, body } = await post('/v1/votes', { votes: Array(201).fill(vote) });
    expect([status, body.reason, body.errors[0].field]).toEqual([
      413,
      'LIMIT_EXCEEDED',
      'body.votes',
    ]);
    expect(body.detail).toContain('200000');
  });

  it.each([
    ['pairs', '{"answer":"1","reference":"1"}'],
    ['pairs', '1'],
    ['pairs', '{"a":1,"b":2,"c":3}'],
  ])('with a million %s like %s are refused at once', async (name, item) => {
    const payload = `{"policy":"gsm","${name}":[${Array(1_000_000).fill(item).join(',')}]}`;
    const start = performance.now();
    const response = await host.http.inject({
      method: 'POST',
      url: '/v1/grades',
      headers: { 'content-type': 'application/json' },
      payload,
    });
    expect(performance.now() - start).toBeLessThan(5000);
    expect(response.statusCode).toBe(400);
    expect(response.json().errors[0].field).toBe(`body.${name}`);
    expect(response.json().detail).toContain('10000');
  });

  it('with unknown fields without end are refused in few words', async () => {
    const fields = Array.from({ length: 500_000 }, (_, at) => `"f${at}":1`).join(',');
    const response = await host.http.inject({
      method: 'POST',
      url: '/v1/votes',
      headers: { 'content-type': 'application/json' },
      payload: `{"policy":"gsm","ballots":[{"agent":"a",${fields}}]}`,
    });
    expect(response.statusCode).toBe(400);
    expect(response.body.length).toBeLessThan(2000);
  });

  it('of the largest body are refused naming the limit', async () => {
    const response = await host.http.inject({
      method: 'POST',
      url: '/v1/grades',
      headers: { 'content-type': 'application/json' },
      payload: ' '.repeat(config.bodyLimit + 1),
    });
    expect(response.statusCode).toBe(413);
    expect(response.json().detail).toContain(String(config.bodyLimit));
  });

  it('end in bounded time with a grade for each pair, while others are answered', async () => {
    const bombs = [
      '9^{9^{9^{9}}}',
      '\\frac{'.repeat(160),
      `${'\\frac{1}{'.repeat(60)}x${'}'.repeat(60)}`,
      '('.repeat(500),
      '\u202e12\u0000',
      `${'x'.repeat(2 ** 20)}`,
      '(x+1)^{99999}(y-1)^{99999}',
    ];
    const pairs = bombs.flatMap((answer) => bombs.map((reference) => ({ answer, reference })));
    const hostile = post('/v1/grades', { policy: 'boxed', pairs });
    const waits: number[] = [];
    let ended = false;
    void hostile.finally(() => {
      ended = true;
    });
    while (!ended) {
      const start = performance.now();
      const { body } = await post('/v1/grades', {
        policy: 'gsm',
        pairs: [{ answer: '1', reference: '1' }],
      });
      waits.push(performance.now() - start);
      expect(body.results[0].equal).toBe(true);
    }
    const { status, body } = await hostile;
    expect(status).toBe(200);
    expect(body.results).toHaveLength(pairs.length);
    expect(Math.max(...waits)).toBeLessThan(2000);
  }, 60_000);
});

it('answers others while the long texts of one vote are read', async () => {
  const response = `${'\\boxed '.repeat(140_000)}The answer is 12.`;
  const long = Array.from({ length: 20 }, (_, at) => ({ agent: `${at}`, response }));
  let ended = false;
  const vote = post('/v1/votes', { policy: 'gsm', ballots: long }).finally(() => {
    ended = true;
  });
  let answered = 0;
  while (!ended) {
    await post('/v1/votes', { policy: 'gsm', ballots });
    answered++;
  }
  expect((await vote).body.winner).toMatchObject({ answer: '12', weight: 20 });
  expect(answered).toBeGreaterThan(2);
});

/** Votes of one request that take long, though each of their texts is short. */
const LARGE = [
  {
    title: 'of a thousand long rankings',
    vote: {
      policy: 'text',
      method: 'borda',
      ballots: Array.from({ length: 1024 }, (_, at) => ({
        agent: `${at}`,
        ranking: Array.from({ length: 16 }, (_, place) => `${'word '.repeat(30)}${at} ${place}`),
      })),
    },
  },
  {
    title: 'of numbers with hundreds of digits that are rounded',
    vote: {
      policy: 'gsm',
      settings: { digits: 5 },
      ballots: Array.from({ length: 200 }, (_, at) => ({
        agent: `${at}`,
        response: `1.${String(at + 100).repeat(160)}`,
      })),
    },
  },
];

it.each(LARGE)('answers others beside one vote $title', async ({ vote }) => {
  let ended = false;
  const large = post('/v1/votes', vote).finally(() => {
    ended = true;
  });
  let answered = 0;
  while (!ended) {
    await post('/v1/votes', { policy: 'gsm', ballots });
    answered++;
  }
  expect((await large).status).toBe(200);
  expect(answered).toBeGreaterThan(8);
});

it('learns from thousands of votes of agents that are all new', async () => {
  const votes = Array.from({ length: 4000 }, (_, vote) => ({
    policy: 'gsm',
    method: 'learned',
    ballots: Array.from({ length: 20 }, (_, at) => ({
      agent: at === 0 ? 'always' : `${vote}-${at}`,
      response: '4',
    })),
  }));
  const start = performance.now();
  const { body } = await post('/v1/votes', { votes });
  expect(performance.now() - start).toBeLessThan(6000);
  expect(body.results[3999].winner.weight).toBeCloseTo(19 / 2 + 4000 / 4001, 9);
}, 60_000);

it('stops working for a caller that goes away', async () => {
  async function graded(): Promise<number> {
    const text = await host.metrics.getSingleMetricAsString('parley_grades_total');
    return [...text.matchAll(/} (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  }
  const before = await graded();
  const pairs = Array.from({ length: 500 }, (_, at) => ({
    answer: `\\sqrt{x+${at}}`,
    reference: `(x+${at}+0)^{1/2}`,
  }));
  for await (const { index } of client.gradeBatch({ policy: 'boxed', pairs })) {
    expect(index).toBe(0);
    break;
  }
  await expect.poll(() => host.metrics.metrics()).toContain('parley_symbolic_queued 0');
  await expect.poll(() => host.metrics.metrics()).toContain('parley_symbolic_busy 0');
  expect((await graded()) - before).toBeLessThan(pairs.length);
});

it('refuses a request for which the workers have no room, and says when to come again', async () => {
  const own = await createHost('voting', config);
  await own.start([await createVoting(own, { ...config, symbolicQueue: 64 })]);
  try {
    const pairs = Array.from({ length: 80 }, (_, at) => ({
      answer: `\\sqrt{x^{${at}}+1}`,
      reference: `(x^{${at}}+1)^{1/2}`,
    }));
    const payload = { policy: 'boxed', pairs };
    const send = () => own.http.inject({ method: 'POST', url: '/v1/grades', payload });
    const answers = await Promise.all([send(), send()]);
    const refused = answers.find(({ statusCode }) => statusCode !== 200);
    expect(refused?.statusCode).toBe(429);
    expect(refused?.json().reason).toBe('OVERLOADED');
    expect(refused?.headers['retry-after']).toBe('1');
    expect((await send()).json().results).toHaveLength(pairs.length);
  } finally {
    await own.stop();
  }
});

it('asks a judge for the answer of a tie', async () => {
  const inference = await startInference();
  const own = await createHost('voting', config);
  const judged = { ...config, inferenceAddress: inference.address };
  await own.start([await createVoting(own, judged)]);
  try {
    inference.say({ text: 'B' });
    const judge = { society: 'trio', question: 'What is 2+3?' };
    const payload = { policy: 'gsm', ballots: ballots.slice(1), tie: 'judge', judge };
    const response = await own.http.inject({ method: 'POST', url: '/v1/votes', payload });
    expect(response.json()).toMatchObject({
      winner: { answer: '5' },
      tie: true,
      tieBreak: 'judge',
    });
    expect(await own.metrics.metrics()).toContain('parley_judgements_total{outcome="chosen"} 1');
  } finally {
    await own.stop();
    await inference.stop();
  }
});

it('says its policies with the examples of their tests', async () => {
  const { policies, settings, methods, ties, limits } = (
    await host.http.inject('/v1/votes/policies')
  ).json();
  expect(policies.map(({ name }: { name: string }) => name)).toEqual(
    POLICIES.map(({ name }) => name),
  );
  expect(settings.percent).toMatchObject({ default: 'number', values: ['number', 'fraction'] });
  expect(methods).toContain('borda');
  expect(ties).toContain('judge');
  expect(limits).toMatchObject({
    pairs: 10_000,
    pairMilliseconds: 250,
    ranking: 16,
    answerCharacters: 1024,
    answerCharactersUnlessNumber: 256,
  });
  const boxed = policies[0];
  expect(boxed.settings.percent).toBe('number');
  expect(boxed.examples.extraction).toHaveLength(10);
  expect(boxed.examples.equality).toHaveLength(10);
  const all = (await host.http.inject('/v1/votes/policies?examples=all')).json();
  expect(all.policies[0].examples.equality.length).toBeGreaterThan(100);
  for (const { a, b, equal, settings: given } of boxed.examples.equality) {
    const { body } = await post('/v1/grades', {
      policy: 'boxed',
      settings: given,
      pairs: [{ answer: a, reference: b }],
    });
    expect([a, b, body.results[0].equal]).toEqual([a, b, equal]);
  }
});
