import { Type } from 'typebox';
import { afterEach, describe, expect, it } from 'vitest';
import { ParleyError } from '../errors.ts';
import { createLog } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import { createAdminServer } from './admin.ts';
import { clientGone, KEEP_ALIVE, preferredWait, sendEvents } from './rest.ts';
import { createHttpServer, type HttpServer } from './server.ts';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});

async function server(): Promise<HttpServer> {
  const log = createLog({ level: 'silent', service: 'test' });
  const app = await createHttpServer({
    title: 'test',
    log,
    metrics: createMetrics({ defaults: false }),
    bodyLimit: 1000,
  });
  open.push(app);
  app.post(
    '/v1/things',
    {
      schema: {
        body: Type.Object(
          {
            name: Type.String({ maxLength: 5 }),
            count: Type.Optional(Type.Integer({ minimum: 1, maximum: 8 })),
            kind: Type.Optional(Type.Enum(['a', 'b'])),
          },
          { additionalProperties: false },
        ),
        querystring: Type.Object({ limit: Type.Optional(Type.Integer({ maximum: 9 })) }),
      },
    },
    (request) => ({ name: request.body.name, limit: request.query.limit }),
  );
  app.get('/v1/broken', () => {
    throw new Error('inside');
  });
  app.get('/v1/busy', () => {
    throw new ParleyError('OVERLOADED', 'queue is full', { retryAfter: 2.2 });
  });
  return app;
}

describe('REST server', () => {
  it.each([
    [{ name: 'toolong' }, 400, 'body.name', 'must NOT have more than 5 characters'],
    [{}, 400, 'body.name', 'is required'],
    [{ name: 'a', extra: 1 }, 400, 'body.extra', 'is not known here'],
    [{ name: 'a', count: 9 }, 400, 'body.count', 'must be <= 8'],
    [{ name: 'a', count: '2' }, 400, 'body.count', 'must be integer'],
    [{ name: 'a', kind: 'c' }, 400, 'body.kind', 'must be one of a, b'],
    [{ name: 'x'.repeat(2000) }, 413, 'body', 'larger than the limit of 1000 bytes'],
  ])('refuses %j naming the field and the limit', async (body, status, field, words) => {
    const response = await (await server()).inject({
      method: 'POST',
      url: '/v1/things',
      payload: body,
    });
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toContain('application/problem+json');
    const problem = response.json();
    expect(problem).toMatchObject({ status, errors: [{ field }] });
    expect(problem.detail).toContain(words);
  });

  it('converts parameters but not bodies', async () => {
    const response = await (await server()).inject({
      method: 'POST',
      url: '/v1/things?limit=7',
      payload: { name: 'ok' },
    });
    expect(response.json()).toEqual({ name: 'ok', limit: 7 });
  });

  it.each([
    ['/v1/none', 404, 'NOT_FOUND'],
    ['/v1/broken', 500, 'INTERNAL'],
    ['/v1/busy', 429, 'OVERLOADED'],
  ])('answers %s with a problem of status %i', async (url, status, reason) => {
    const response = await (await server()).inject({ url });
    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject({ reason, status });
    expect(response.body).not.toContain('inside');
    if (reason === 'OVERLOADED') expect(response.headers['retry-after']).toBe('3');
  });

  it('refuses broken JSON and other media types with the reason', async () => {
    const app = await server();
    const headers = { 'content-type': 'application/json' };
    const broken = await app.inject({ method: 'POST', url: '/v1/things', headers, payload: '{' });
    expect(broken.json()).toMatchObject({ status: 400, reason: 'INVALID_ARGUMENT' });
    const text = await app.inject({
      method: 'POST',
      url: '/v1/things',
      headers: { 'content-type': 'text/csv' },
      payload: 'a',
    });
    expect(text.json()).toMatchObject({ status: 415, reason: 'UNSUPPORTED_MEDIA_TYPE' });
  });

  it('serves OpenAPI 3.1 and a reference page', async () => {
    const app = await server();
    const document = (await app.inject({ url: '/openapi.json' })).json();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toContain('/v1/things');
    expect((await app.inject({ url: '/reference/' })).statusCode).toBe(200);
  });

  it('sends server-sent events with ids, and ends the source when the client goes away', async () => {
    const app = await server();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    app.get('/v1/events', (_request, reply) => {
      const gone = clientGone(reply);
      async function* source() {
        try {
          yield { id: '1', event: 'turn', data: { a: 1 } };
          yield KEEP_ALIVE;
          await new Promise<void>((wake) => gone.addEventListener('abort', () => wake()));
        } finally {
          resolve();
        }
      }
      return sendEvents(reply, source());
    });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const controller = new AbortController();
    const response = await fetch(`${url}/v1/events`, { signal: controller.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!text.includes('keep-alive'))
      text += new TextDecoder().decode((await reader.read()).value);
    expect(text).toContain('id: 1\nevent: turn\ndata: {"a":1}\n\n');
    controller.abort();
    await ended;
  });
});

describe('admin server', () => {
  const state = { open: false, store: true, events: false };
  async function admin() {
    const check = (name: 'store' | 'events') => async () => {
      if (!state[name]) throw new Error('gone');
    };
    // The same objects every time: what has held once is remembered.
    const checks = [
      { name: 'store', needed: 'always', check: check('store') },
      { name: 'events', needed: 'once', check: check('events') },
    ] as const;
    const app = createAdminServer({
      metrics: createMetrics({ defaults: true }),
      isOpen: () => state.open,
      checks: () => [...checks],
    });
    open.push(app);
    return app;
  }

  it('is ready when open, while the store is there, once the events were there', async () => {
    const app = await admin();
    const ready = async () => (await app.inject({ url: '/readyz' })).json();
    expect(await ready()).toMatchObject({
      status: 'not ready',
      failures: { service: 'starting or stopping', events: 'gone' },
    });
    state.open = true;
    expect(await ready()).toMatchObject({ status: 'not ready', failures: { events: 'gone' } });
    state.events = true;
    expect(await ready()).toEqual({ status: 'ok', failures: {}, missed: {} });
    state.events = false;
    expect(await ready()).toEqual({ status: 'ok', failures: {}, missed: { events: 'gone' } });
    state.store = false;
    expect(await ready()).toMatchObject({ status: 'not ready', failures: { store: 'gone' } });
    expect((await app.inject({ url: '/livez' })).statusCode).toBe(200);
    expect((await app.inject({ url: '/metrics' })).body).toContain('process_cpu_seconds_total');
  });

  it('answers soon though a server hangs', async () => {
    const app = createAdminServer({
      metrics: createMetrics({ defaults: false }),
      isOpen: () => true,
      checks: () => [{ name: 'store', needed: 'always', check: () => new Promise(() => {}) }],
    });
    open.push(app);
    const { statusCode, body } = await app.inject({ url: '/readyz' });
    expect([statusCode, body]).toEqual([503, expect.stringContaining('no answer within')]);
  });
});

describe('preferredWait', () => {
  it.each([
    ['wait=10', 10],
    ['respond-async, wait=5', 5],
    ['wait="7"', 7],
    ['await=3', undefined],
    [undefined, undefined],
  ])('reads %s as %s', (prefer, seconds) => {
    const request = { headers: { prefer } } as unknown as Parameters<typeof preferredWait>[0];
    expect(preferredWait(request)).toBe(seconds);
  });
});
