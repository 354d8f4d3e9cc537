import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Rest, restOf, startService, temporaryFolder } from './testing/harness.ts';

describe('problem sets', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let running: Awaited<ReturnType<typeof startService>>;

  beforeEach(async () => {
    folder = await temporaryFolder();
    running = await startService(folder.dir);
  });

  afterEach(async () => {
    await running.stop();
    await folder.remove();
  });

  const call: Rest['call'] = (...asked) => restOf(running).call(...asked);
  const upload: Rest['upload'] = (...asked) => restOf(running).upload(...asked);

  it('generates arithmetic once', async () => {
    const body = {
      name: 'a',
      task: 'arithmetic',
      arithmetic: { seed: 5, train: 30, evaluation: 10 },
    };
    const made = await call('POST', '/v1/problem-sets', body);
    expect(made).toMatchObject({
      status: 200,
      body: { splits: { train: { problems: 30 }, evaluation: { problems: 10 } } },
    });
    expect((await call('POST', '/v1/problem-sets', body)).body).toEqual(made.body);
    const other = await call('POST', '/v1/problem-sets', { name: 'a', task: 'math' });
    expect(other.status).toBe(409);
    const { problemSet } = await running.client.createProblemSet({
      name: 'a',
      task: 'arithmetic',
      arithmetic: { seed: 5n, train: 30, evaluation: 10 },
    });
    expect(problemSet?.splits.map(({ sha256 }) => sha256)).toEqual([
      made.body.splits.train.sha256,
      made.body.splits.evaluation.sha256,
    ]);
    expect((await call('GET', '/v1/problem-sets')).body.problemSets).toEqual([made.body]);
  });

  it('generates the form that is asked for', async () => {
    const arithmetic = { seed: 5, train: 30, evaluation: 10, form: 'b*c-d' };
    const body = { name: 'short', task: 'arithmetic', arithmetic };
    const made = await call('POST', '/v1/problem-sets', body);
    expect(made).toMatchObject({ status: 200, body: { arithmetic } });
    const { body: text } = await running.host.http.inject('/v1/problem-sets/short/splits/train');
    expect(JSON.parse(text.slice(0, text.indexOf('\n'))).question).toMatch(/^\d+\*\d-\d+=\?$/);
    const { problemSet } = await running.client.createProblemSet({
      ...body,
      arithmetic: { ...arithmetic, seed: 5n },
    });
    expect(problemSet?.splits[0]?.sha256).toBe(made.body.splits.train.sha256);
    const inDefault = { ...arithmetic, form: 'a+b*c+d-e*f' };
    expect(
      (await call('POST', '/v1/problem-sets', { ...body, arithmetic: inDefault })).status,
    ).toBe(409);
  });

  it.each([
    [{ form: 'b*c-d', operandMax: 30 }, 400, 'arithmetic.operandMax'],
    [{ form: 'b*c-d', train: 20_000 }, 413, 'arithmetic.train'],
    [{ form: 'a*b' }, 400, 'body.arithmetic.form'],
  ])('refuses to generate %j', async (change, status, field) => {
    const arithmetic = { seed: 1, train: 1, evaluation: 1, ...change };
    const body = { name: 'short', task: 'arithmetic', arithmetic };
    const refused = await call('POST', '/v1/problem-sets', body);
    expect([refused.status, refused.body.errors[0].field]).toEqual([status, field]);
  });

  it('takes a split once, and gives it back', async () => {
    const text = await readFile(new URL('fixtures/gsm8k-20.jsonl', import.meta.url), 'utf8');
    await call('POST', '/v1/problem-sets', { name: 'gsm', task: 'gsm8k' });
    const url = '/v1/problem-sets/gsm/splits/evaluation';
    expect((await call('GET', url)).status).toBe(404);
    const stored = await upload(url, text);
    expect(stored).toMatchObject({
      status: 200,
      body: { splits: { evaluation: { problems: 20 } } },
    });
    expect(await upload(url, text)).toEqual(stored);
    expect((await upload(url, text.slice(0, text.indexOf('\n')))).status).toBe(409);
    const read = await running.host.http.inject(url);
    expect(read.headers['content-type']).toBe('application/x-ndjson');
    expect(JSON.parse(read.body.slice(0, read.body.indexOf('\n'))).id).toBe('evaluation-00001');
  });

  it('refuses an overlap naming the question', async () => {
    await call('POST', '/v1/problem-sets', { name: 'gsm', task: 'gsm8k' });
    await upload('/v1/problem-sets/gsm/splits/evaluation', '{"question":"One?","answer":"1"}');
    const both = '{"question":"Two?","answer":"2"}\n{"question":"one? ","answer":"1"}';
    const refused = await upload('/v1/problem-sets/gsm/splits/train', both);
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('one? ');
    expect(refused.body.detail).toContain('train-00002');
  });

  it.each([
    ['{"question":"a","answer":"1"}\n{"answer":"2"}', 400, 'line 2.question'],
    ['', 400, 'body'],
  ])('refuses the upload %j', async (text, status, field) => {
    await call('POST', '/v1/problem-sets', { name: 'gsm', task: 'gsm8k' });
    const refused = await upload('/v1/problem-sets/gsm/splits/train', text);
    expect(refused.status).toBe(status);
    expect(refused.body.errors[0].field).toBe(field);
  });

  it('refuses another content type, an unknown set and a generated one', async () => {
    const url = '/v1/problem-sets/gsm/splits/train';
    const line = '{"question":"a","answer":"1"}';
    expect((await upload(url, line)).status).toBe(404);
    expect((await upload(url, line, 'application/json')).status).toBe(415);
    const arithmetic = { seed: 1, train: 1, evaluation: 1 };
    await call('POST', '/v1/problem-sets', { name: 'gsm', task: 'arithmetic', arithmetic });
    expect((await upload(url, line)).status).toBe(409);
  });
});
