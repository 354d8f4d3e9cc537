import { afterEach, describe, expect, it } from 'vitest';
import { startFlakyEngine, TROUBLES } from './flaky-engine.ts';
import { type RunningSuite, startEngine, startSuite } from './suite.ts';

const releases: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

const DEBATES = 60;

async function engine() {
  const process = await startEngine();
  releases.push(() => process.stop());
  return process;
}

async function suiteOn(engines: string, more: Record<string, string> = {}): Promise<RunningSuite> {
  const suite = await startSuite({
    PARLEY_ENGINES: engines,
    PARLEY_ENGINE_TIMEOUT_SECONDS: '1',
    ...more,
  });
  releases.push(() => suite.stop());
  await suite.call('POST', '/v1/societies', { name: 'society', base: 'base', agents: 3 });
  return suite;
}

function debate(suite: RunningSuite, index: number) {
  return suite.call(
    'POST',
    '/v1/debates',
    {
      society: 'society',
      question: `What is the result of 3+${index}*5+6-7*8?`,
      task: 'arithmetic',
      seed: index,
    },
    { prefer: 'wait=60', 'idempotency-key': `debate-${index}` },
  );
}

async function debates(suite: RunningSuite) {
  return Promise.all(Array.from({ length: DEBATES }, (_none, index) => debate(suite, index)));
}

/** What a debate says that no trouble may change. */
function essence({ body }: { body: { vote: unknown; turns: { text: string; seed: number }[] } }) {
  return {
    vote: body.vote,
    turns: body.turns.map(({ text, seed }) => ({ text, seed })).sort((a, b) => a.seed - b.seed),
  };
}

async function allDebates(suite: RunningSuite): Promise<{ id: string; status: string }[]> {
  const { body } = await suite.call('GET', '/v1/debates?limit=1000');
  return body.debates;
}

describe('an engine that is in trouble', () => {
  it('costs retries, and changes nothing of what is debated', async () => {
    const { url } = await engine();
    const calm = await debates(await suiteOn(url));
    const flaky = await startFlakyEngine(url, 0.08, 5);
    releases.push(() => flaky.close());
    const suite = await suiteOn(flaky.url);
    const troubled = await debates(suite);

    expect(Object.values(flaky.made).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(
      DEBATES / 4,
    );
    for (const trouble of TROUBLES) expect(flaky.made[trouble], trouble).toBeGreaterThan(0);
    expect(troubled.map(({ status, body }) => [status, body.status])).toEqual(
      calm.map(() => [201, 'completed']),
    );
    expect(troubled.map(essence)).toEqual(calm.map(essence));
    expect((await allDebates(suite)).map(({ status }) => status)).toEqual(
      Array.from({ length: DEBATES }, () => 'completed'),
    );
    expect(
      [...flaky.paid.values()].filter((times) => times > 1),
      'no call was paid twice',
    ).toEqual([]);
  });

  it('is replaced by the other when it dies under load', async () => {
    const [first, second] = [await engine(), await engine()];
    const suite = await suiteOn(`${first.url},${second.url}`);
    const running = debates(suite);
    process.kill(first.pid, 'SIGKILL');
    const ended = await running;
    expect(ended.map(({ body }) => body.status)).toEqual(ended.map(() => 'completed'));
    const { body } = await suite.call('GET', '/v1/engines');
    expect(body.engines.map(({ status }: { status: string }) => status).sort()).toEqual([
      'down',
      'up',
    ]);
  });

  it('that never comes up fails a debate with its reason, once, within its deadline', async () => {
    const suite = await suiteOn('http://127.0.0.1:9', {
      PARLEY_ENGINE_WAIT_SECONDS: '0.2',
      PARLEY_DEBATE_OUTAGE_SECONDS: '1',
    });
    const { status, body } = await debate(suite, 1);
    expect([status, body.status]).toEqual([201, 'failed']);
    expect(body.reason).toMatch(/QUORUM_LOST|ENGINE_UNAVAILABLE/);
    const again = await debate(suite, 1);
    expect([again.body.id, again.body.status]).toEqual([body.id, 'failed']);
    expect(await allDebates(suite)).toHaveLength(1);
  });

  it('gives a partial result with its reason when the budget ends the debate', async () => {
    const { url } = await engine();
    const suite = await suiteOn(url);
    const { body } = await suite.call(
      'POST',
      '/v1/debates',
      {
        society: 'society',
        question: 'What is the result of 3+4*5+6-7*8?',
        task: 'arithmetic',
        seed: 1,
        budget: { tokens: 300 },
      },
      { prefer: 'wait=30' },
    );
    expect(body).toMatchObject({
      status: 'partial',
      reason: expect.stringContaining('BUDGET_TOKENS'),
    });
    expect(body.vote.extractions).toHaveLength(3);
  });
});

describe('a wrong request', () => {
  it('gets a 4xx problem that names the field, on every route', async () => {
    const suite = await suiteOn('http://127.0.0.1:9');
    const question = 'What is the result of 1+1*1+1-1*1?';
    const cases: [string, string, unknown, number, string][] = [
      ['POST', '/v1/societies', { name: 'UPPER', base: 'base', agents: 3 }, 400, 'name'],
      ['POST', '/v1/societies', { name: 'many', base: 'base', agents: 17 }, 400, 'agents'],
      [
        'POST',
        '/v1/societies',
        { name: 'long', base: 'base', protocol: { rounds: 9 } },
        400,
        'rounds',
      ],
      ['POST', '/v1/debates', { society: 'society' }, 400, 'question'],
      [
        'POST',
        '/v1/debates',
        { society: 'society', question: 'x'.repeat(70_000) },
        400,
        'question',
      ],
      ['POST', '/v1/debates', { society: 'society', question, task: 'poetry' }, 400, 'task'],
      ['POST', '/v1/debates', { society: 'society', question, seed: -1 }, 400, 'seed'],
      ['POST', '/v1/debates', { society: 'nobody', question }, 404, 'society'],
      ['POST', '/v1/debates', { society: 'society', question, revision: 99 }, 404, 'revision'],
      ['POST', '/v1/votes', { policy: 'arithmetic', ballots: [] }, 400, 'ballots'],
      ['POST', '/v1/grades', { policy: 'none', pairs: [] }, 400, 'policy'],
      [
        'POST',
        '/v1/problem-sets',
        { name: 'set', task: 'arithmetic', arithmetic: { seed: 1, train: 0, evaluation: 1 } },
        400,
        'train',
      ],
      [
        'POST',
        '/v1/cycles',
        { name: 'c', society: 'society', problemSet: 'none', iterations: 1 },
        501,
        'PARLEY_TRAINER',
      ],
      [
        'POST',
        '/v1/cycles',
        { name: 'c', society: 'society', problemSet: 'none', iterations: 101 },
        400,
        'iterations',
      ],
      ['GET', '/v1/debates?limit=0', undefined, 400, 'limit'],
      ['GET', '/v1/debates?cursor=nonsense', undefined, 400, 'cursor'],
      ['GET', '/v1/debates/none', undefined, 404, 'none'],
      ['GET', '/v1/cycles/none', undefined, 404, 'none'],
      ['GET', '/v1/datasets/none', undefined, 404, 'none'],
      ['POST', '/v1/debates/none/cancel', undefined, 404, 'none'],
    ];
    for (const [method, path, body, status, words] of cases) {
      const answer = await suite.call(method, path, body);
      expect([path, answer.status], JSON.stringify(answer.body)).toEqual([path, status]);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.body.detail, `${method} ${path}`).toContain(words);
    }
  });
});
