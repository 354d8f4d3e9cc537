import { ParleyError } from '@parley/platform';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { openFixture } from './testing/fixture.ts';
import { post } from './testing/replica.ts';

const fixture = await openFixture({ PARLEY_DEBATE_OUTAGE_SECONDS: '0.1' });
const nowhere = await openFixture({ PARLEY_VOTING_ADDRESS: '127.0.0.1:1' });
beforeEach(fixture.reset);
afterAll(async () => {
  await nowhere.close();
  await fixture.close();
});
const wait = { prefer: 'wait=20' };
const question = { society: 'maths', question: 'What is 1+1?', seed: 7 };
const away = () => new ParleyError('UNAVAILABLE', 'voting is away');

describe('voting away', () => {
  test('is waited for', async () => {
    const { replica, neighbours } = fixture;
    neighbours.behaviour.refuseVote = () => (neighbours.counters.tallies < 3 ? away() : undefined);
    const { body } = await post(replica, question, wait);
    expect(body).toMatchObject({ status: 'completed' });
    expect(body.vote.members).toHaveLength(2);
    expect(neighbours.counters.tallies).toBe(3);
  });

  test.each([
    [{}, 9],
    [{ earlyStop: true }, 3],
  ])('ends a debate %o as failed once the outage has lasted too long', async (more, turns) => {
    fixture.neighbours.behaviour.refuseVote = away;
    const { body } = await post(fixture.replica, { ...question, ...more }, wait);
    expect(body.status).toBe('failed');
    expect(body.reason).toMatch(/^UNAVAILABLE: there is no vote over round [12]: /);
    expect(body.turns).toHaveLength(turns);
    expect(body.vote).toBeUndefined();
  });

  test.each([{}, { earlyStop: true }])(
    'ends a debate %o as failed soon after its deadline',
    async (more) => {
      const budget = { deadlineSeconds: 0.5 };
      const from = performance.now();
      const { body } = await post(nowhere.replica, { ...question, ...more, budget }, wait);
      expect(body.status).toBe('failed');
      expect(body.reason).toMatch(/^DEADLINE: there is no vote over round [12] \(/);
      expect(performance.now() - from).toBeLessThan(4_000);
    },
  );

  test('for good refuses the vote that early stop is learned from', async () => {
    const refused = () => new ParleyError('LIMIT_EXCEEDED', 'too long');
    fixture.neighbours.behaviour.refuseVote = refused;
    const { body } = await post(fixture.replica, { ...question, earlyStop: true }, wait);
    expect(body).toMatchObject({ status: 'failed', reason: 'VOTE_REFUSED: too long' });
  });
});
