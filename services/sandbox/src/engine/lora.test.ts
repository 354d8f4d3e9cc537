import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAdapters, makeEngine } from './testing.ts';

const { post, app } = makeEngine();
let adapters: Awaited<ReturnType<typeof makeAdapters>>;

beforeAll(async () => {
  adapters = await makeAdapters(['ad1', 'ad2']);
});

afterAll(() => adapters.remove());

const load = (name: string, path = name, more: object = {}) =>
  post('/v1/load_lora_adapter', { lora_name: name, lora_path: adapters.path(path), ...more });
const unload = (name: string) => post('/v1/unload_lora_adapter', { lora_name: name });
const canary = async (model: string) => {
  const messages = [{ role: 'user', content: 'What is the result of 12+7*3+5-4*6?' }];
  const request = { model, messages, max_tokens: 8, temperature: 0, logprobs: true };
  return (await post('/v1/chat/completions', request)).body;
};

describe('adapters', () => {
  it('are loaded, listed, asked and unloaded', async () => {
    expect(await load('ad1')).toEqual({
      status: 200,
      body: "Success: LoRA adapter 'ad1' added successfully.",
    });
    const { data } = (await app.inject('/v1/models')).json() as { data: object[] };
    expect(data).toMatchObject([
      {
        id: 'base',
        parent: null,
        max_model_len: 8192,
        description: expect.stringContaining('not'),
      },
      { id: 'ad1', parent: 'base', max_model_len: null, root: adapters.path('ad1') },
    ]);
    const logprobs = (answer: unknown) => (answer as { choices: { logprobs: object }[] }).choices;
    expect(logprobs(await canary('ad1'))).not.toEqual(logprobs(await canary('base')));
    expect((await unload('ad1')).body).toBe("Success: LoRA adapter 'ad1' removed successfully.");
    expect(await canary('ad1')).toMatchObject({ error: { code: 404, param: 'model' } });
    expect((await unload('ad1')).status).toBe(404);
  });

  it('keep their name unless replaced in place', async () => {
    await load('ad2');
    const again = await load('ad2', 'ad1');
    expect(again.status).toBe(400);
    expect(again.body).toMatchObject({
      error: {
        type: 'InvalidUserInput',
        message:
          "The lora adapter 'ad2' has already been loaded. If you want to load the adapter in place, set 'load_inplace' to True.",
      },
    });
    expect((await load('ad2', 'ad1', { load_inplace: true })).status).toBe(200);
    await unload('ad2');
  });

  it('are loaded once by calls at the same time', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => load('race', 'ad1')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
  });

  it.each([
    ['no config', 404, 'Loading lora broken failed: No adapter found for <path>', 'config'],
    ['no weights', 500, "'<path> doesn't contain tensors'", 'weights'],
    ['a cut file', 500, 'Error while deserializing adapter_model.json', 'cut'],
    ['another base', 500, 'adapter is for base model other, not base', 'base'],
    ['another shape', 500, 'the policy has', 'shape'],
    ['a weight that is no number', 500, 'is not a finite number', 'number'],
  ])('with %s are refused with %i', async (_, status, message, fault) => {
    const path = adapters.path('broken');
    await mkdir(path, { recursive: true });
    await cp(adapters.path('ad1'), path, { recursive: true });
    await spoil(path, fault);
    const answer = await load('broken');
    await rm(path, { recursive: true });
    expect(answer.status).toBe(status);
    const { error } = answer.body as { error: { message: string; code: number } };
    expect(error.message).toContain(message);
    expect(error.message).not.toContain(path);
  });
});

async function spoil(path: string, fault: string): Promise<void> {
  const config = join(path, 'adapter_config.json');
  const weights = join(path, 'adapter_model.json');
  const text = await readFile(weights, 'utf8');
  if (fault === 'config') return rm(config);
  if (fault === 'weights') return rm(weights);
  if (fault === 'cut') return writeFile(weights, text.slice(0, 100));
  if (fault === 'base') {
    return writeFile(config, (await readFile(config, 'utf8')).replace('"base"', '"other"'));
  }
  const { names, deltas } = JSON.parse(text) as { names: string[]; deltas: unknown[] };
  const spoilt = fault === 'shape' ? deltas.slice(1) : [null, ...deltas.slice(1)];
  return writeFile(weights, JSON.stringify({ names, deltas: spoilt }));
}
