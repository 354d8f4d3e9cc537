import { DEFAULT_PROMPTS, PLACEHOLDERS, TEMPLATE_NAMES, TEMPLATES } from '@parley/platform';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestEngine, type TestEngine } from '../testing/engine.ts';
import { startWorld, type World } from '../testing/world.ts';

let world: World;

beforeEach(async () => {
  world = await startWorld([]);
});

afterEach(() => world.close());

async function ask(
  method: 'GET' | 'POST',
  url: string,
  body?: object,
  headers: Record<string, string> = {},
) {
  const response = await world.host.http.inject({
    method,
    url,
    headers,
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: response.statusCode, headers: response.headers, body: response.json() };
}

const A = 'a'.repeat(64);
const adapter = { seat: 'gen-1', adapterUri: 'artifact:adapters/a', adapterSha256: A };

describe('/v1/societies', () => {
  it('creates, gets and lists societies', async () => {
    const created = await ask('POST', '/v1/societies', { name: 'team', base: 'base' });
    expect(created).toMatchObject({
      status: 201,
      headers: { location: '/v1/societies/team' },
      body: { name: 'team', agents: 3, currentRevision: 1, protocol: { rounds: 2 } },
    });
    expect(await ask('GET', '/v1/societies/team')).toMatchObject({
      status: 200,
      body: created.body,
    });
    await ask('POST', '/v1/societies', { name: 'other', base: 'base', agents: 5 });
    const first = await ask('GET', '/v1/societies?limit=1');
    const second = await ask('GET', `/v1/societies?limit=1&cursor=${first.body.next}`);
    const names = [...first.body.societies, ...second.body.societies].map(({ name }) => name);
    expect(names.sort()).toEqual(['other', 'team']);
    expect(second.body.next).toBeUndefined();
  });

  it('shows the prompts of a society, and of many the versions', async () => {
    const prompts = { version: 'short', question: '{question}', separator: '' };
    const request = { name: 'short', base: 'base', protocol: { prompts } };
    const created = await ask('POST', '/v1/societies', request);
    expect(created.status).toBe(201);
    expect(created.body.protocol.prompts).toEqual({ ...DEFAULT_PROMPTS, ...prompts });
    expect((await ask('POST', '/v1/societies', request)).body).toEqual(created.body);
    const plain = await ask('POST', '/v1/societies', { name: 'plain', base: 'base' });
    expect(plain.body.protocol.prompts).toEqual(DEFAULT_PROMPTS);
    const { protocol } = plain.body;
    const again = await ask('POST', '/v1/societies', { name: 'plain', base: 'base', protocol });
    expect(again.body).toEqual(plain.body);
    const { societies } = (await ask('GET', '/v1/societies')).body;
    const shown = societies.map((one: typeof created.body) => [one.name, one.protocol.prompts]);
    expect(shown.sort()).toEqual([
      ['plain', { version: '1' }],
      ['short', { version: 'short' }],
    ]);
  });

  it('describes every placeholder of every template', async () => {
    const { body } = await ask('GET', '/openapi.json');
    const { schema } = body.paths['/v1/societies'].post.requestBody.content['application/json'];
    const { prompts } = schema.properties.protocol.properties;
    expect(Object.keys(prompts.properties)).toEqual(['version', ...TEMPLATE_NAMES]);
    for (const name of TEMPLATE_NAMES) {
      const { needs, may } = TEMPLATES[name];
      for (const placeholder of [...needs.flat(), ...may])
        expect(prompts.properties[name].description).toContain(
          `{${placeholder}}: ${PLACEHOLDERS[placeholder]}`,
        );
    }
  });

  it.each<[string, object, string]>([
    [
      'a template without its placeholder',
      { name: 'team', base: 'base', protocol: { prompts: { version: 'v', question: 'Why?' } } },
      'protocol.prompts.question',
    ],
    [
      'an unknown template',
      { name: 'team', base: 'base', protocol: { prompts: { version: 'v', judge: '?' } } },
      'body.protocol.prompts.judge',
    ],
    ['a bad name', { name: 'Team', base: 'base' }, 'body.name'],
    ['too many agents', { name: 'team', base: 'base', agents: 17 }, 'body.agents'],
    [
      'too many rounds',
      { name: 'team', base: 'base', protocol: { rounds: 9 } },
      'body.protocol.rounds',
    ],
    ['an unknown field', { name: 'team', base: 'base', size: 3 }, 'body.size'],
    ['no base', { name: 'team' }, 'body.base'],
  ])('refuses %s, naming the field', async (_, body, field) => {
    const refused = await ask('POST', '/v1/societies', body);
    expect(refused).toMatchObject({ status: 400, body: { reason: 'INVALID_ARGUMENT' } });
    expect(refused.body.errors[0].field).toBe(field);
  });

  it('refuses another society of the same name, and does not find what is not there', async () => {
    await ask('POST', '/v1/societies', { name: 'team', base: 'base' });
    const other = await ask('POST', '/v1/societies', { name: 'team', base: 'base', agents: 4 });
    expect(other).toMatchObject({ status: 409, body: { reason: 'ALREADY_EXISTS' } });
    expect(await ask('GET', '/v1/societies/none')).toMatchObject({ status: 404 });
    expect(await ask('GET', '/v1/societies?cursor=x')).toMatchObject({ status: 400 });
  });
});

describe('/v1/societies/:name/revisions', () => {
  beforeEach(async () => {
    await ask('POST', '/v1/societies', { name: 'team', base: 'base' });
  });

  it('adds a candidate once for each key, promotes it and rolls back', async () => {
    const path = '/v1/societies/team/revisions';
    const key = { 'idempotency-key': 'iteration 1 of cycle x' };
    const added = await ask('POST', path, { agents: [adapter] }, key);
    expect(added).toMatchObject({
      status: 201,
      headers: { location: `${path}/2` },
      body: { society: 'team', number: 2, status: 'candidate' },
    });
    expect((await ask('POST', path, { agents: [adapter] }, key)).body.number).toBe(2);
    const promoted = await ask('POST', `${path}/2/promote`);
    expect(promoted).toMatchObject({ status: 200, body: { currentRevision: 2 } });
    expect((await ask('GET', `${path}/1`)).body.status).toBe('retired');
    const back = await ask('POST', `${path}/1/promote`);
    expect(back.body).toMatchObject({ currentRevision: 1, latestRevision: 2 });
    expect((await ask('GET', `${path}/2`)).body.status).toBe('retired');
  });

  it('lists revisions page by page, newest first', async () => {
    const path = '/v1/societies/team/revisions';
    for (let count = 0; count < 4; count++) await ask('POST', path, { agents: [adapter] });
    const numbers: number[] = [];
    for (let query: string | undefined = '?limit=2'; query !== undefined; ) {
      const { body } = await ask('GET', path + query);
      numbers.push(...body.revisions.map(({ number }: { number: number }) => number));
      query = body.next === undefined ? undefined : `?limit=2&cursor=${body.next}`;
    }
    expect(numbers).toEqual([5, 4, 3, 2, 1]);
    expect(await ask('GET', `${path}?cursor=x`)).toMatchObject({ status: 400 });
  });

  it.each<[string, object, string]>([
    ['an unknown seat', { agents: [{ ...adapter, seat: 'gen-9' }] }, 'agents[0].seat'],
    ['no agents', { agents: [] }, 'body.agents'],
    [
      'a bad digest',
      { agents: [{ ...adapter, adapterSha256: 'x' }] },
      'body.agents.0.adapterSha256',
    ],
  ])('refuses %s, naming the field', async (_, body, field) => {
    const refused = await ask('POST', '/v1/societies/team/revisions', body);
    expect(refused.status).toBe(400);
    expect(refused.body.errors[0].field).toBe(field);
  });

  it('does not find revisions that are not there', async () => {
    expect(await ask('GET', '/v1/societies/team/revisions/9')).toMatchObject({ status: 404 });
    expect(await ask('POST', '/v1/societies/team/revisions/9/promote')).toMatchObject({
      status: 404,
    });
    expect(await ask('GET', '/v1/societies/team/revisions/0')).toMatchObject({ status: 400 });
  });
});

describe('/v1/engines', () => {
  let engine: TestEngine;

  beforeEach(async () => {
    await world.close();
    engine = await startTestEngine();
    world = await startWorld([engine.url]);
  });

  afterEach(() => engine.stop());

  it('shows what each engine is', async () => {
    expect((await ask('GET', '/v1/engines')).body).toEqual({
      engines: [
        {
          url: engine.url,
          status: 'up',
          breaker: 'closed',
          version: '0.32.0',
          inFlight: 0,
          target: 64,
          running: 0,
          waiting: 0,
          kvCacheUsage: 0,
          models: ['base'],
          adaptersMissing: 0,
          maxModelLength: 4096,
          lastError: '',
        },
      ],
      names: [],
      queued: 0,
    });
    engine.healthy = false;
    await vi.waitFor(async () => {
      const { body } = await ask('GET', '/v1/engines');
      expect(body.engines[0]).toMatchObject({
        status: 'down',
        lastError: expect.stringContaining('answered 503'),
      });
    });
  });
});
