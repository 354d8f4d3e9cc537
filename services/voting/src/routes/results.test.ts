import fastify from 'fastify';
import { expect, it } from 'vitest';
import { sendResults } from './results.ts';

async function* texts(count: number) {
  for (let index = 0; index < count; index++) yield `${index}é`.padEnd(1000, '.');
}

async function sent(count: number, limit?: number) {
  const app = fastify();
  app.get('/', (_request, reply) => sendResults(reply, texts(count), (text) => ({ text }), limit));
  return app.inject('/');
}

it.each([0, 1, 500])('writes %i results as one JSON document of a known length', async (count) => {
  const { statusCode, headers, rawPayload, body } = await sent(count);
  expect(statusCode).toBe(200);
  expect(headers['content-type']).toContain('application/json');
  expect(Number(headers['content-length'])).toBe(rawPayload.length);
  const expected = await Array.fromAsync(texts(count), (text) => ({ text }));
  expect(JSON.parse(body)).toEqual({ results: expected });
});

it('refuses to answer with more bytes than the limit', async () => {
  expect((await sent(4, 5000)).statusCode).toBe(200);
  for (const count of [5, 500]) {
    const { statusCode, body } = await sent(count, 5000);
    expect(statusCode).not.toBe(200);
    expect(body).toContain('more than the limit of 5000 bytes');
  }
});
