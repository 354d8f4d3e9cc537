import { ParleyError } from '@parley/platform';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { openFixture } from './testing/fixture.ts';
import { answer, isSummary } from './testing/neighbours.ts';
import { ended, get, post, until } from './testing/replica.ts';

const fixture = await openFixture({ PARLEY_DEBATE_OUTAGE_SECONDS: '2' });
beforeEach(fixture.reset);
afterAll(fixture.close);
const wait = { prefer: 'wait=20' };
const question = { society: 'maths', question: 'What is 1+1?', seed: 7 };

describe('failing agents', () => {
  test('a call that fails is tried again, with the same seed', async () => {
    const { replica, neighbours } = fixture;
    neighbours.behaviour.reply = (call, times) =>
      call.seat === 'gen-2' && times < 3
        ? { failure: 'ENGINE_FAILED', retryable: true }
        : answer(call);
    const { body } = await post(replica, question, wait);
    expect(body.status).toBe('completed');
    expect(body.turns.filter(({ failure }) => failure !== '')).toEqual([]);
    const tried = neighbours.calls().filter(({ seat }) => seat === 'gen-2');
    expect(tried.map(({ seed }) => seed)).toEqual(Array(3).fill(tried[0]?.seed));
  });

  test('an agent that failed three times is absent; the others go on without it', async () => {
    const { replica, neighbours } = fixture;
    neighbours.behaviour.reply = (call) =>
      call.seat === 'gen-2' ? { failure: 'ENGINE_FAILED', retryable: true } : answer(call);
    const { body } = await post(replica, question, wait);
    expect(body.status).toBe('completed');
    expect(neighbours.calls().filter(({ seat }) => seat === 'gen-2')).toHaveLength(3);
    expect(body.turns.find(({ seat }) => seat === 'gen-2')?.failure).toBe(
      'ENGINE_FAILED: so it goes',
    );
    const critic = neighbours.calls().find(({ seat }) => seat === 'critic-2');
    expect(critic?.messages).toHaveLength(1);
  });

  test('a call that cannot succeed is not tried again', async () => {
    const { replica, neighbours } = fixture;
    neighbours.behaviour.reply = (call) =>
      isSummary(call.messages[0]?.content ?? '') && call.id.endsWith('-3')
        ? { failure: 'ENGINE_REFUSED', retryable: false }
        : answer(call);
    const { body } = await post(replica, question, wait);
    expect(neighbours.calls()).toHaveLength(8);
    expect(body.vote.groups).toHaveLength(2);
    expect(body.turns.map(({ seat }) => seat)).not.toContain('critic-3');
  });

  test('without a quorum the debate fails, keeps its turns and says who failed and why', async () => {
    const { replica, neighbours } = fixture;
    neighbours.behaviour.reply = (call) =>
      call.seat === 'critic-1' || call.seat === 'critic-3'
        ? { failure: 'ENGINE_REFUSED', retryable: false }
        : answer(call);
    const { body } = await post(replica, question, wait);
    expect(body).toMatchObject({
      status: 'failed',
      reason:
        'QUORUM_LOST: 2 of 3 agents must answer in round 2; absent: critic-1 (ENGINE_REFUSED: so it goes), critic-3 (ENGINE_REFUSED: so it goes)',
    });
    expect(body.vote).toBeUndefined();
    expect(body.turns).toHaveLength(9);
    expect(body.transcript.uri).toContain(body.id);
  });
});

describe('inference away or overloaded', () => {
  test('is waited for and is no failure of an agent', async () => {
    const { replica, neighbours } = fixture;
    let refusals = 0;
    neighbours.behaviour.refuse = () => {
      refusals += 1;
      if (refusals > 4) return undefined;
      return new ParleyError('OVERLOADED', 'too much', { retryAfter: 0.05 });
    };
    const { body } = await post(replica, question, wait);
    expect(body.status).toBe('completed');
    expect(body.turns).toHaveLength(9);
    expect(refusals).toBe(7);
  });

  test('for longer than an outage may last makes agents absent', async () => {
    const { replica, neighbours } = fixture;
    neighbours.behaviour.refuse = () => new ParleyError('UNAVAILABLE', 'away');
    const { body } = await post(replica, question, wait);
    expect(body.status).toBe('failed');
    expect(body.reason).toMatch(/^QUORUM_LOST: .*gen-1 \(UNAVAILABLE: away\)/);
  });
});

describe('limits of a debate', () => {
  test('a token budget ends it as partial after the round that used it up', async () => {
    const { body } = await post(fixture.replica, { ...question, budget: { tokens: 40 } }, wait);
    expect(body).toMatchObject({
      status: 'partial',
      reason: 'BUDGET_TOKENS: 45 of 40 tokens are used',
    });
    expect(body.turns).toHaveLength(3);
    expect(body.vote.members).toContain('gen-1');
  });

  test('its deadline ends it as partial with a vote over the last answered round', async () => {
    const { replica, neighbours } = fixture;
    neighbours.behaviour.reply = (call) => (call.seat === 'critic-2' ? 'silence' : answer(call));
    const body = { ...question, budget: { deadlineSeconds: 0.7 } };
    const { body: partial } = await post(replica, body, wait);
    expect(partial).toMatchObject({ status: 'partial', reason: 'DEADLINE' });
    expect(partial.vote.groups.length + partial.vote.members.length).toBeGreaterThan(1);
    neighbours.behaviour.reply = () => 'silence';
    const { body: failed } = await post(replica, body, wait);
    expect(failed.status).toBe('failed');
    expect(failed.reason).toBe('DEADLINE: no round was answered by 2 of 3 agents');
  });

  test('early stop ends it after a unanimous round, and not before', async () => {
    const { replica, neighbours } = fixture;
    neighbours.behaviour.reply = (call) =>
      call.seat.startsWith('gen') ? answer(call) : { text: '\\boxed{5}' };
    const early = { ...question, earlyStop: true, protocol: { rounds: 4 } };
    const { body } = await post(replica, early, wait);
    expect(body).toMatchObject({ status: 'completed', reason: '' });
    expect(Math.max(...body.turns.map(({ round }) => round))).toBe(2);
    expect(body.vote).toMatchObject({ answer: '5', consensus: 1 });
    expect(neighbours.counters.tallies).toBe(2);
  });
});

describe('cancelling', () => {
  test('in the middle of a round keeps what was said and ends the calls', async () => {
    const { replica, neighbours } = fixture;
    neighbours.behaviour.reply = (call) => (call.seat === 'gen-3' ? 'silence' : answer(call));
    const { body } = await post(replica, question);
    await until(async () => {
      const { body: shown } = await get(replica, `/v1/debates/${body.id}`);
      return shown.turns.length >= 3 ? true : undefined;
    });
    const url = `/v1/debates/${body.id}/cancel`;
    const cancel = () => replica.host.http.inject({ method: 'POST', url });
    const response = await cancel();
    expect(response.json()).toMatchObject({ status: 'cancelled', reason: 'CANCELLED' });
    const shown = await ended(replica, body.id);
    expect(shown).toMatchObject({ status: 'cancelled' });
    expect(shown.turns.map(({ seat }) => seat)).toContain('gen-1');
    expect((await cancel()).json()).toEqual(response.json());
    await until(() => (neighbours.counters.open === 0 ? true : undefined));
  });

  test('an ended debate leaves it as it is', async () => {
    const { replica } = fixture;
    const { body } = await post(replica, question, wait);
    const url = `/v1/debates/${body.id}/cancel`;
    const response = await replica.host.http.inject({ method: 'POST', url });
    expect(response.json()).toMatchObject({ status: 'completed' });
  });
});
