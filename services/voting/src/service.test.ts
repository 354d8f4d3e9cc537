import { createGrpcClient, createHost, type Host } from '@parley/platform';
import { VotingService } from '@parley/proto/voting';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { envToVotingConfig } from './config.ts';
import { createVoting } from './service.ts';

const config = envToVotingConfig({
  PARLEY_HTTP_PORT: '0',
  PARLEY_GRPC_PORT: '0',
  PARLEY_ADMIN_PORT: '0',
  PARLEY_LOG_LEVEL: 'silent',
});

describe('the voting service', () => {
  let host: Host;
  let client: ReturnType<typeof createGrpcClient<typeof VotingService>>;

  beforeAll(async () => {
    host = await createHost('voting', config);
    const addresses = await host.start([await createVoting(host, config)]);
    client = createGrpcClient(VotingService, { address: addresses.grpc, defaultDeadlineMs: 5_000 });
  });

  afterAll(async () => {
    client.close();
    await host.stop();
  });

  const ballots = [
    { agent: 'critic-1', response: '\\boxed{4}' },
    { agent: 'critic-2', response: 'The answer is 4.' },
    { agent: 'critic-3', response: '#### 5' },
  ];

  async function post(url: string, payload: object) {
    const response = await host.http.inject({ method: 'POST', url, payload });
    return { status: response.statusCode, body: response.json() };
  }

  it('tallies one vote or many over REST', async () => {
    const one = await post('/v1/votes', { task: 'gsm8k', ballots });
    expect(one).toMatchObject({
      status: 200,
      body: { winner: { answer: '4', members: ['critic-1', 'critic-2'] }, tie: false },
    });
    const vote = { task: 'gsm8k', ballots };
    const nothing = { task: 'text', ballots: [{ agent: 'a', response: 'hm' }] };
    const many = await post('/v1/votes', { votes: [vote, nothing] });
    expect(many.body.results).toMatchObject([one.body, { winner: null, consensus: 0 }]);
  });

  it.each([
    [{ task: 'gsm8k' }, 400, 'body.ballots'],
    [{ ballots }, 400, 'body.task'],
    [{ task: 'chess', ballots }, 400, 'body.task'],
    [{ task: 'gsm8k', ballots: [] }, 400, 'body.ballots'],
    [{ task: 'gsm8k', ballots: [ballots[0], ballots[0]] }, 400, 'body.ballots.1.agent'],
    [{ votes: [{ task: 'gsm8k', ballots }], seed: 1 }, 400, 'body.seed'],
    [{ task: 'gsm8k', ballots, extra: 1 }, 400, 'body.extra'],
    [
      { task: 'gsm8k', ballots: [{ agent: 'a', response: 'x'.repeat(2 ** 20 + 1) }] },
      400,
      'body.ballots.0.response',
    ],
  ])('refuses a bad vote naming the field: %#', async (payload, status, field) => {
    const refused = await post('/v1/votes', payload);
    expect(refused.status).toBe(status);
    expect(refused.body.errors[0].field).toBe(field);
  });

  it('refuses a body over its limit naming the limit', async () => {
    const response = await host.http.inject({
      method: 'POST',
      url: '/v1/grades',
      headers: { 'content-type': 'application/json' },
      payload: ' '.repeat(config.bodyLimit + 1),
    });
    expect(response.statusCode).toBe(413);
    expect(response.json().detail).toContain(String(config.bodyLimit));
  });

  it('grades over REST as over gRPC', async () => {
    const pairs = [
      { answer: 'so 72', reference: 'because.\n#### 72' },
      { answer: '71', reference: '72' },
    ];
    const rest = await post('/v1/grades', { task: 'gsm8k', pairs });
    expect(rest.body.results).toEqual([
      {
        equal: true,
        answer: { text: '72', rule: 'last-number' },
        reference: { text: '72', rule: 'hashes' },
      },
      {
        equal: false,
        answer: { text: '71', rule: 'last-number' },
        reference: { text: '72', rule: 'last-number' },
      },
    ]);
    const { results } = await client.grade({ task: 'gsm8k', pairs });
    expect(results.map(({ equal }) => equal)).toEqual([true, false]);
  });

  it('tallies and extracts over gRPC', async () => {
    const { vote } = await client.tally({ task: 'gsm8k', ballots, seed: 7n });
    expect(vote).toMatchObject({ winner: { answer: '4' }, tie: false, unextracted: [] });
    expect(vote?.consensus).toBeCloseTo(2 / 3);
    const none = await client.tally({ task: 'gsm8k', ballots: [{ agent: 'a', response: 'hm' }] });
    expect(none.vote?.winner).toBeUndefined();
    const { extractions } = await client.extract({ task: 'math', responses: ['\\boxed{x}', ''] });
    expect(extractions.map(({ answer, rule }) => [answer, rule])).toEqual([
      ['x', 'boxed'],
      ['', ''],
    ]);
  });

  it.each([
    [{ task: 'chess', ballots }, 'task'],
    [{ task: 'gsm8k', ballots, seed: 2n ** 60n }, 'seed'],
    [{ task: 'gsm8k', ballots: [...ballots, ...ballots] }, 'ballots.3.agent'],
  ])('refuses a bad gRPC tally naming the field: %#', async (request, field) => {
    await expect(client.tally(request)).rejects.toMatchObject({
      reason: 'INVALID_ARGUMENT',
      field,
    });
  });

  it('refuses more than it takes', async () => {
    const responses = Array.from({ length: 10_001 }, () => '1');
    await expect(client.extract({ task: 'gsm8k', responses })).rejects.toMatchObject({
      reason: 'LIMIT_EXCEEDED',
      field: 'responses',
    });
  });

  it('says its policies and counts its votes', async () => {
    const policies = await host.http.inject('/v1/votes/policies');
    expect(policies.json().tasks.map(({ task }: { task: string }) => task)).toEqual([
      'arithmetic',
      'gsm8k',
      'math',
      'text',
    ]);
    expect(await host.metrics.metrics()).toContain('parley_votes_total{outcome="majority"}');
  });
});
