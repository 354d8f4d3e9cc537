import { describe, expect, it } from 'vitest';
import { type LoraConfig, loraConfigFault, parseAdapterConfig } from './peft-config.ts';

const LORA = {
  peft_type: 'LORA',
  base_model_name_or_path: 'base',
  r: 8,
  lora_alpha: 16,
  target_modules: ['q_proj', 'v_proj'],
  bias: 'none',
  modules_to_save: null,
  rank_pattern: {},
  layers_to_transform: null,
  init_lora_weights: true,
};

function parse(changes: object = {}): LoraConfig {
  const config = parseAdapterConfig(JSON.stringify({ ...LORA, ...changes }));
  return config.type === 'LORA' ? config.lora : expect.fail('no LoRA');
}

function fault(changes: object, maxRank = 16): string | undefined {
  return loraConfigFault(parse(changes), { base: 'base', maxRank });
}

describe('parseAdapterConfig', () => {
  it('reads what PEFT writes', () => {
    expect(parse()).toEqual({
      base: 'base',
      rank: 8,
      otherRanks: [],
      targets: ['q_proj', 'v_proj'],
      everyLayer: true,
      unsupported: [],
    });
  });

  it('leaves other types to the engine', () => {
    expect(parseAdapterConfig('{"peft_type":"LOG_LINEAR"}')).toEqual({ type: 'other' });
  });

  it.each([
    { layers_to_transform: [0, 1] },
    { exclude_modules: 'layers.0' },
    { target_modules: 'all.*_proj' },
    { target_modules: ['layers.0.self_attn.q_proj'] },
  ])('does not expect every layer with %j', (changes) => {
    expect(parse(changes).everyLayer).toBe(false);
  });

  it.each<[object, string]>([
    [{ peft_type: undefined }, 'peft_type is undefined'],
    [{ base_model_name_or_path: null }, 'base_model_name_or_path is null'],
    [{ r: 0 }, 'r is 0; a rank is a whole number from 1'],
    [{ r: '8' }, 'r is "8"'],
    [{ lora_alpha: null }, 'lora_alpha is null'],
    [{ rank_pattern: { q_proj: 0.5 } }, 'rank_pattern is {"q_proj":0.5}'],
    [{ target_modules: [1] }, 'target_modules is [1]'],
  ])('refuses %j', (changes, message) => {
    expect(() => parse(changes)).toThrow(message);
  });

  it.each(['', '[]', 'null', '{'])('refuses %j, which is no JSON object', (text) => {
    expect(() => parseAdapterConfig(text)).toThrow('no JSON object');
  });
});

describe('loraConfigFault', () => {
  it.each<object>([
    {},
    { base_model_name_or_path: '/models/base' },
    { r: 16 },
    { rank_pattern: { q_proj: 16 } },
    { init_lora_weights: 'gaussian' },
    { use_rslora: true },
    { bias: undefined },
  ])('has nothing against %j', (changes) => {
    expect(fault(changes)).toBeUndefined();
  });

  it.each<[object, string]>([
    [{ base_model_name_or_path: 'other' }, "is 'other'; it must be 'base'"],
    [{ base_model_name_or_path: 'database' }, "is 'database'"],
    [{ r: 17 }, 'its rank r is 17; PARLEY_MAX_LORA_RANK'],
    [{ rank_pattern: { 'layers.0.q_proj': 32 } }, 'its rank r is 32'],
    [{ use_dora: true }, 'use_dora is true'],
    [{ modules_to_save: ['lm_head'] }, 'modules_to_save is ["lm_head"]'],
    [{ trainable_token_indices: [1] }, 'trainable_token_indices is [1]'],
    [{ bias: 'lora_only' }, 'bias is "lora_only", which engines do not serve; it must be "none"'],
    [{ lora_bias: true }, 'lora_bias is true'],
    [{ init_lora_weights: 'pissa_niter_4' }, 'init_lora_weights is "pissa_niter_4"'],
    [{ alora_invocation_tokens: [3] }, 'aLoRA'],
    [{ layer_replication: [[0, 4]] }, 'layer_replication'],
    [{ use_qalora: true }, 'use_qalora is true'],
    [{ use_bdlora: { nblocks: 2 } }, 'use_bdlora'],
  ])('names what is wrong with %j', (changes, message) => {
    expect(fault(changes)).toContain(message);
  });
});
