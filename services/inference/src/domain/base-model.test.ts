import { describe, expect, it } from 'vitest';
import { parseBaseModel } from './base-model.ts';

const LLAMA = {
  model_type: 'llama',
  hidden_size: 128,
  intermediate_size: 384,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
};

function linears(config: object): Record<string, [number, number]> {
  const { known } = parseBaseModel(JSON.stringify(config));
  return Object.fromEntries(
    [...(known?.linears ?? [])].map(([place, { in: input, out }]) => [place, [input, out]]),
  );
}

describe('parseBaseModel', () => {
  it.each(['llama', 'mistral', 'qwen2'])('knows the linear layers of %s', (model_type) => {
    expect(linears({ ...LLAMA, model_type })).toEqual({
      'self_attn.q_proj': [128, 128],
      'self_attn.k_proj': [128, 64],
      'self_attn.v_proj': [128, 64],
      'self_attn.o_proj': [128, 128],
      'mlp.gate_proj': [128, 384],
      'mlp.up_proj': [128, 384],
      'mlp.down_proj': [384, 128],
    });
  });

  it('knows the fused ones of phi3', () => {
    expect(linears({ ...LLAMA, model_type: 'phi3' })).toEqual({
      'self_attn.qkv_proj': [128, 128 + 2 * 64],
      'self_attn.o_proj': [128, 128],
      'mlp.gate_up_proj': [128, 2 * 384],
      'mlp.down_proj': [384, 128],
    });
  });

  it('takes the size of a head from head_dim where it is given, as in Mistral Nemo and Qwen 3', () => {
    const own = linears({ ...LLAMA, head_dim: 48 });
    expect(own['self_attn.q_proj']).toEqual([128, 192]);
    expect(own['self_attn.o_proj']).toEqual([192, 128]);
    expect(linears({ ...LLAMA, model_type: 'qwen3' })['self_attn.k_proj']).toEqual([128, 256]);
  });

  it('has as many key heads as heads unless they are given', () => {
    const { num_key_value_heads: _, ...plain } = LLAMA;
    expect(linears(plain)['self_attn.k_proj']).toEqual([128, 128]);
  });

  it('keeps the hidden size alone of a family that it does not know', () => {
    expect(parseBaseModel('{"model_type":"mamba","hidden_size":64}')).toEqual({
      family: 'mamba',
      hiddenSize: 64,
      known: undefined,
    });
  });

  it.each<[object, string]>([
    [{ ...LLAMA, hidden_size: undefined }, 'hidden_size is undefined'],
    [{ ...LLAMA, num_hidden_layers: 0 }, 'num_hidden_layers is 0'],
    [{ ...LLAMA, head_dim: 'wide' }, 'head_dim is "wide"'],
  ])('refuses %j', (config, message) => {
    expect(() => parseBaseModel(JSON.stringify(config))).toThrow(message);
  });

  it('refuses what is no JSON object', () => {
    expect(() => parseBaseModel('<html>')).toThrow('no JSON object');
  });
});
