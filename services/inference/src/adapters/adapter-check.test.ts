import { cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { safetensors } from '../testing/safetensors.ts';
import { adapterFault } from './adapter-check.ts';

/** Written by PEFT 0.21: rank 1 on q_proj and down_proj of a Llama of 4 layers × 128, bfloat16. */
const TINY = resolve(import.meta.dirname, '../testing/fixtures/tiny-lora');
const MODELS = resolve(import.meta.dirname, '../testing/fixtures/models');

let dir: string;
let adapter: string;
let models: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-check-'));
  adapter = join(dir, 'adapter');
  models = join(dir, 'models');
  await cp(TINY, adapter, { recursive: true });
  await cp(MODELS, models, { recursive: true });
});

afterEach(() => rm(dir, { recursive: true }));

function fault(base = 'base', rules = {}): Promise<string | undefined> {
  return adapterFault(adapter, base, { maxRank: 16, models, ...rules });
}

async function change(path: string, entries: object): Promise<void> {
  const before = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...before, ...entries }));
}

const configFile = () => join(adapter, 'adapter_config.json');
const weightsFile = () => join(adapter, 'adapter_model.safetensors');

describe('adapterFault', () => {
  it('finds none in what PEFT wrote for the base, with its configuration or without', async () => {
    expect(await fault()).toBeUndefined();
    expect(await fault('base', { models: '' })).toBeUndefined();
  });

  it('names the entry of the configuration that is wrong', async () => {
    await change(configFile(), { r: 32 });
    expect(await fault()).toBe(
      "adapter_config.json: its rank r is 32; PARLEY_MAX_LORA_RANK, which must be the engines' --max-lora-rank, is 16",
    );
  });

  it('finds that it is for a base of another size', async () => {
    const path = join(models, 'base', 'config.json');
    await change(path, { hidden_size: 256, head_dim: 64 });
    expect(await fault()).toContain('mlp.down_proj has lora_B [128, 1]; the base takes [256, 1]');
    await change(path, { hidden_size: 128, head_dim: 32, num_hidden_layers: 6 });
    expect(await fault()).toContain('adapted in 4 layers; the base, a llama model, has 6');
  });

  it('finds that its weights were cut off', async () => {
    await truncate(weightsFile(), 8_000);
    expect(await fault()).toBe(
      'adapter_model.safetensors: its tensors end at byte 8160, the file at 8000: it is truncated',
    );
  });

  it('finds a number that is none, and says where', async () => {
    const bytes = await readFile(weightsFile());
    bytes.writeUInt16LE(0x7fc0, bytes.byteLength - 2);
    await writeFile(weightsFile(), bytes);
    expect(await fault()).toContain(
      'layers.3.self_attn.q_proj.lora_B.weight holds NaN or infinity at element 127',
    );
  });

  it('looks through weights that are larger than what it reads at once', async () => {
    const rank = 1;
    const wide = 200_000;
    const name = 'base_model.model.model.layers.0.self_attn.q_proj';
    const bytes = safetensors({
      [`${name}.lora_A.weight`]: { shape: [rank, wide] },
      [`${name}.lora_B.weight`]: { shape: [8, rank] },
    });
    const element = 150_000;
    bytes.writeUInt32LE(0x7f80_0000, bytes.byteLength - 8 * 4 - (wide - element) * 4);
    await writeFile(weightsFile(), bytes);
    expect(await fault('base', { models: '' })).toContain(
      `lora_A.weight holds NaN or infinity at element ${element}`,
    );
  });

  it('finds that a file is missing', async () => {
    await rm(weightsFile());
    expect(await fault()).toContain('adapter_model.safetensors: there is none');
    await rm(configFile());
    expect(await fault()).toContain('adapter_config.json: there is none');
  });

  it('leaves adapters of other types to the engine', async () => {
    await rm(weightsFile());
    await writeFile(configFile(), '{"peft_type":"LOG_LINEAR"}');
    expect(await fault('elsewhere')).toBeUndefined();
  });

  it('is short, whatever names a file holds', async () => {
    await writeFile(weightsFile(), safetensors({ ['x'.repeat(10_000)]: { shape: [1] } }));
    expect((await fault())?.length).toBeLessThan(700);
  });

  it('does not blame the adapter for a base whose configuration is missing or no such thing', async () => {
    await change(configFile(), { base_model_name_or_path: 'new' });
    const refused = { reason: 'NOT_CONFIGURED', message: expect.stringContaining('PARLEY_MODELS') };
    await expect(fault('new')).rejects.toMatchObject(refused);
    await mkdir(join(models, 'new'));
    await writeFile(join(models, 'new', 'config.json'), '{"model_type":"llama"}');
    await expect(fault('new')).rejects.toMatchObject(refused);
  });

  it('reads no configuration outside of the folder of models', async () => {
    await cp(join(MODELS, 'base'), join(dir, 'secret'), { recursive: true });
    await change(configFile(), { base_model_name_or_path: '../secret' });
    await expect(fault('../secret')).rejects.toThrow('is outside of');
  });
});
