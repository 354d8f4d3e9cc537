import { readFileSync } from 'node:fs';
import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { makeEngine, parseAnswer } from './testing.ts';

/** A request to vLLM 0.32.0 and what it answered. */
interface WireCase {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: object | null;
  readonly status: number;
  readonly answer: unknown;
}

const cases = JSON.parse(
  readFileSync(new URL('./fixtures/wire.json', import.meta.url), 'utf8'),
) as WireCase[];

/** The keys of a JSON value with the type of each leaf; null fits any type. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shape);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
}

describe('answers as vLLM answered', () => {
  const { app } = makeEngine({ maxModelLen: 512 });

  it.each(cases.map((wire) => [wire.name, wire] as const))('%s', async (_, wire) => {
    const options: InjectOptions = { method: wire.method, url: wire.path };
    if (wire.body !== null) {
      options.payload = JSON.stringify(wire.body);
      options.headers = { 'content-type': 'application/json' };
    }
    const answer = await app.inject(options);
    const body = parseAnswer(answer.payload);
    expect(answer.statusCode).toBe(wire.status);
    if (wire.status !== 200) expect(body).toEqual(wire.answer);
    else if (wire.path.startsWith('/v1/')) {
      expect(withoutTokens(shape(body))).toEqual(withoutTokens(shape(wire.answer)));
    }
  });
});

/** The logprobs of prompt tokens are keyed by token, and their first is null. */
function withoutTokens(value: unknown): unknown {
  const { choices, ...rest } = value as { choices: Record<string, unknown>[] };
  const [choice] = choices;
  for (const name of ['stop_reason', 'prompt_logprobs', 'logprobs']) {
    if (choice?.[name] !== undefined) choice[name] = typeof choice[name];
  }
  return { choices: [choice], ...rest };
}
