import { afterEach, describe, expect, it } from 'vitest';
import { BODY, createWorld, ended, reached, type World } from '../testing/world.ts';
import type { CycleView } from './schemas.ts';

const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

async function open(...changes: Parameters<typeof createWorld>): Promise<World> {
  const world = await createWorld(...changes);
  worlds.push(world);
  return world;
}

const never = { hold: () => new Promise<void>(() => {}) };

describe('POST /v1/cycles', () => {
  it.each<[object, number, string, string]>([
    [{ name: 'Upper' }, 400, 'body.name', 'pattern'],
    [{ name: 'x'.repeat(64) }, 400, 'body.name', 'pattern'],
    [{ name: undefined }, 400, 'body.name', 'is required'],
    [{ iterations: -1 }, 400, 'body.iterations', '>= 0'],
    [{ iterations: 101 }, 400, 'body.iterations', '<= 100'],
    [{ iterations: 1.5 }, 400, 'body.iterations', 'integer'],
    [{ weight: 1.1 }, 400, 'body.weight', '<= 1'],
    [{ weight: -0.1 }, 400, 'body.weight', '>= 0'],
    [{ pooling: 'some' }, 400, 'body.pooling', 'seat, all'],
    [{ seed: -1 }, 400, 'body.seed', '>= 0'],
    [{ method: [] }, 400, 'body.method', 'object'],
    [{ method: { a: 'x'.repeat(17_000) } }, 400, 'body.method', '16384'],
    [{ gate: { maxDropStandardErrors: -1 } }, 400, 'body.gate.maxDropStandardErrors', '>= 0'],
    [{ gate: { other: 1 } }, 400, 'body.gate.other', 'not known'],
    [{ other: 1 }, 400, 'body.other', 'not known'],
    [{ society: 'nobody' }, 404, 'society', "no society 'nobody'"],
    [{ problemSet: 'none' }, 404, 'problemSet', "no problem set 'none'"],
    [{ problemSet: 'bare' }, 400, 'problemSet', 'both splits'],
  ])('refuses %j', async (changes, status, field, words) => {
    const replica = await (await open()).replica();
    const answer = await replica.request('POST', '/v1/cycles', { ...BODY, ...changes });
    expect(answer).toMatchObject({ status, body: { errors: [{ field }] } });
    expect(answer.body.detail).toContain(words);
    expect((await replica.request('GET', '/v1/cycles')).body).toEqual({ cycles: [] });
  });

  it('refuses a cycle that trains without a trainer, naming the setting', async () => {
    const world = await open();
    const { trainer: _, ...config } = world.config;
    const replica = await world.replica({}, config);
    const answer = await replica.request('POST', '/v1/cycles', BODY);
    expect(answer).toMatchObject({ status: 501, body: { reason: 'NOT_CONFIGURED' } });
    expect(answer.body.detail).toContain('PARLEY_TRAINER');
  });

  it('evaluates the society as it is in 0 iterations, without a trainer', async () => {
    const world = await open();
    const { trainer: _, ...config } = world.config;
    const replica = await world.replica({}, config);
    await replica.request('POST', '/v1/cycles', { ...BODY, iterations: 0 });
    const { status, iterations } = await ended(replica);
    expect([status, iterations.map(({ verdict }) => verdict)]).toEqual(['completed', ['baseline']]);
    expect(world.border.promotions).toEqual([]);
  });

  it('fills in what is not said, and gives the same cycle to the same request', async () => {
    const replica = await (await open(never)).replica();
    const first = await replica.request('POST', '/v1/cycles', BODY);
    expect(first).toMatchObject({
      status: 201,
      body: {
        status: 'running',
        phase: 'evaluating',
        spec: {
          ...BODY,
          weight: 0.5,
          pooling: 'seat',
          method: {},
          gate: { maxDropStandardErrors: 2, minDiversityShare: 0.5 },
        },
      },
    });
    const again = await replica.request('POST', '/v1/cycles', { ...BODY, weight: 0.5 });
    expect(again).toMatchObject({ status: 200, body: { createdAt: first.body.createdAt } });
    const other = await replica.request('POST', '/v1/cycles', { ...BODY, weight: 0.6 });
    expect(other).toMatchObject({ status: 409, body: { reason: 'ALREADY_EXISTS' } });
  });

  it('makes one cycle of equal requests at the same time', async () => {
    const replica = await (await open(never)).replica();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => replica.request('POST', '/v1/cycles', BODY)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(7).fill(200), 201]);
  });

  it('gives a society to one cycle at a time', async () => {
    const replica = await (await open(never)).replica();
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => replica.request('POST', '/v1/cycles', { ...BODY, name })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    const [running] = (await replica.request('GET', '/v1/cycles')).body.cycles as CycleView[];
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body).toMatchObject({ reason: 'FAILED_PRECONDITION' });
    expect(refused?.body.detail).toContain(`cycle '${running?.spec.name}'`);

    await replica.request('POST', `/v1/cycles/${running?.spec.name}/pause`);
    const next = { ...BODY, name: 'next' };
    expect((await replica.request('POST', '/v1/cycles', next)).status).toBe(409);
    await replica.request('POST', `/v1/cycles/${running?.spec.name}/cancel`);
    expect((await replica.request('POST', '/v1/cycles', next)).status).toBe(201);
  });
});

describe('GET /v1/cycles', () => {
  it('lists the newest first, page by page, without the iterations', async () => {
    let clock = 1_000;
    const world = await open(never);
    const replica = await world.replica({ now: () => clock++ });
    for (const name of ['a', 'b', 'c']) {
      await replica.request('POST', '/v1/cycles', { ...BODY, name });
      await replica.request('POST', `/v1/cycles/${name}/cancel`);
    }
    const names = (page: { body: Record<string, unknown> }) =>
      (page.body.cycles as CycleView[]).map(({ spec }) => spec.name);
    const first = await replica.request('GET', '/v1/cycles?limit=2');
    expect(names(first)).toEqual(['c', 'b']);
    const rest = await replica.request('GET', `/v1/cycles?limit=2&cursor=${first.body.next}`);
    expect(names(rest)).toEqual(['a']);
    expect(rest.body.next).toBeUndefined();
  });

  it.each([
    ['GET', '/v1/cycles/none', 404],
    ['POST', '/v1/cycles/none/pause', 404],
    ['POST', '/v1/cycles/none/resume', 404],
    ['POST', '/v1/cycles/none/cancel', 404],
    ['GET', '/v1/cycles/none/events', 404],
    ['GET', '/v1/cycles?limit=0', 400],
    ['GET', '/v1/cycles?cursor=x', 400],
    ['GET', '/v1/evaluations/none/0', 404],
    ['GET', '/v1/evaluations/none/x', 400],
  ] as const)('answers %s %s with %i', async (method, url, status) => {
    const replica = await (await open()).replica();
    expect((await replica.request(method, url)).status).toBe(status);
  });
});

describe('GET /v1/evaluations', () => {
  it('lists evaluations and gives each in full', async () => {
    const replica = await (await open()).replica();
    await replica.request('POST', '/v1/cycles', { ...BODY, iterations: 1 });
    const cycle = await ended(replica);
    const all = await replica.request('GET', '/v1/evaluations');
    expect(all.body.evaluations).toMatchObject([{ iteration: 1 }, { iteration: 0 }]);
    const own = await replica.request('GET', '/v1/evaluations?cycle=c1&limit=1');
    expect(own.body.evaluations).toMatchObject([{ cycle: 'c1', iteration: 0, revision: 1 }]);
    expect((own.body.evaluations as object[])[0]).not.toHaveProperty('correct');
    const one = await replica.request('GET', '/v1/evaluations/c1/1');
    const { strategies, correct } = cycle.iterations[1] ?? {};
    expect(one.body).toMatchObject({ cycle: 'c1', iteration: 1, revision: 2, strategies, correct });
  });
});

describe('GET /v1/cycles/:name/events', () => {
  async function read(url: string, lastEventId?: number): Promise<[number, string][]> {
    const response = await fetch(url, {
      headers: lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) },
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    return [...(await response.text()).matchAll(/id: (\d+)\nevent: change\ndata: (.*)\n/g)].map(
      ([, id, data]) => [Number(id), JSON.parse(data ?? '').phase],
    );
  }

  it('tells of every change until the end, and again from any of them on', async () => {
    const { promise: free, resolve: release } = Promise.withResolvers<void>();
    const replica = await (await open({ hold: () => free })).replica();
    await replica.request('POST', '/v1/cycles', { ...BODY, iterations: 1 });
    const { http } = await replica.listen();
    const url = `${http}/v1/cycles/c1/events`;
    const live = read(url);
    await reached(replica, ({ total }) => total > 0);
    release();
    const changes = await live;
    expect(changes.map(([id]) => id)).toEqual(changes.map((_, index) => index + 1));
    const phases = changes.map(([, phase]) => phase);
    expect(phases.filter((phase, index) => phase !== phases[index - 1])).toEqual([
      'evaluating',
      'gating',
      'debating',
      'sealing',
      'training',
      'registering',
      'evaluating',
      'gating',
      'ended',
    ]);
    expect(await read(url)).toEqual(changes);
    expect(await read(url, 3)).toEqual(changes.slice(3));
    expect(await read(url, changes.length)).toEqual([]);
    const refused = await fetch(url, { headers: { 'last-event-id': 'x' } });
    expect(refused.status).toBe(400);
  });
});
