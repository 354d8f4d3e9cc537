import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBaseModel } from './base-model.ts';
import { loraShapeFault } from './lora-shape.ts';
import { type LoraConfig, parseAdapterConfig } from './peft-config.ts';
import type { ElementType, Tensor } from './safetensors.ts';

const BASE = parseBaseModel(
  JSON.stringify({
    model_type: 'llama',
    hidden_size: 8,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
  }),
);

function config(changes: object = {}): LoraConfig {
  const entries = {
    peft_type: 'LORA',
    base_model_name_or_path: 'base',
    r: 3,
    lora_alpha: 6,
    target_modules: ['q_proj', 'down_proj'],
    ...changes,
  };
  const parsed = parseAdapterConfig(JSON.stringify(entries));
  return parsed.type === 'LORA' ? parsed.lora : expect.fail('no LoRA');
}

function tensor(name: string, shape: number[], type: ElementType = 'F32'): Tensor {
  return { name, type, shape, offset: 0, bytes: 0 };
}

function target(module: string, rank: number, input: number, out: number): Tensor[] {
  return [
    tensor(`base_model.model.${module}.lora_A.weight`, [rank, input]),
    tensor(`base_model.model.${module}.lora_B.weight`, [out, rank]),
  ];
}

function layer(index: number): Tensor[] {
  return [
    ...target(`model.layers.${index}.self_attn.q_proj`, 3, 8, 8),
    ...target(`model.layers.${index}.mlp.down_proj`, 3, 24, 8),
  ];
}

const FITTING = [...layer(0), ...layer(1)];

describe('loraShapeFault', () => {
  it('has nothing against an adapter that fits its base', () => {
    expect(loraShapeFault(FITTING, config(), BASE)).toBeUndefined();
    expect(loraShapeFault(FITTING, config(), undefined)).toBeUndefined();
  });

  it('takes single layers where they were chosen, and ranks of their own where they are named', () => {
    expect(loraShapeFault(layer(1), config({ layers_to_transform: [1] }), BASE)).toBeUndefined();
    const wider = [
      ...target('model.layers.0.self_attn.q_proj', 5, 8, 8),
      ...target('model.layers.1.self_attn.q_proj', 3, 8, 8),
    ];
    const named = config({ rank_pattern: { 'layers.0.self_attn.q_proj': 5 } });
    expect(loraShapeFault(wider, named, BASE)).toBeUndefined();
  });

  const without = (end: string) => FITTING.filter(({ name }) => !name.endsWith(end));
  const q = 'model.layers.0.self_attn.q_proj';
  it.each<[string, Tensor[], string]>([
    ['is empty', [], 'it holds no weights'],
    [
      'lacks an A',
      without('0.self_attn.q_proj.lora_A.weight'),
      `${q} has no lora_A; a target has both`,
    ],
    ['lacks a B', without('0.self_attn.q_proj.lora_B.weight'), `${q} has no lora_B`],
    ['has another rank', target(q, 4, 8, 8), 'has the rank 4; adapter_config.json says 3'],
    [
      'has two ranks in one target',
      [
        tensor(`base_model.model.${q}.lora_A.weight`, [3, 8]),
        tensor(`base_model.model.${q}.lora_B.weight`, [8, 4]),
      ],
      'lora_A [3, 8] and lora_B [8, 4]',
    ],
    [
      'adapts embeddings',
      [tensor('base_model.model.model.embed_tokens.lora_embedding_A', [3, 99])],
      'lora_embedding_A is no LoRA weight of a linear layer',
    ],
    [
      'keeps the name of a training run',
      [tensor(`base_model.model.${q}.lora_A.default.weight`, [3, 8])],
      'is no LoRA weight',
    ],
    [
      'holds integers',
      [tensor(`base_model.model.${q}.lora_A.weight`, [3, 8], 'I8')],
      'of the type I8; it must be F32, BF16 or F16',
    ],
    [
      'has a convolution',
      [tensor(`base_model.model.${q}.lora_A.weight`, [3, 8, 1, 1])],
      'is [3, 8, 1, 1]; it must have two dimensions',
    ],
    [
      'reads another hidden size',
      target(q, 3, 16, 8),
      `${q} has lora_A [3, 16]; the base takes [3, 8]`,
    ],
    [
      'writes another hidden size',
      target('model.layers.0.mlp.down_proj', 3, 24, 16),
      'lora_B [16, 3]; the base takes [8, 3]',
    ],
    ['has a layer too many', [...FITTING, ...layer(2)], "beyond the base's 2 layers, 0 to 1"],
    [
      'has a layer too few',
      layer(0),
      'q_proj is adapted in 1 layers; the base, a llama model, has 2',
    ],
    [
      'has a target that the family lacks',
      target('model.layers.0.self_attn.qkv_proj', 3, 8, 16),
      'is no linear layer of a llama model; these are self_attn.q_proj',
    ],
    ['adapts the head', target('lm_head', 3, 8, 99), 'lm_head is no linear layer'],
  ])('names what is wrong with one that %s', (_, tensors, message) => {
    expect(loraShapeFault(tensors, config(), BASE)).toContain(message);
  });

  it('finds every wrong size of a known family', () => {
    fc.assert(
      fc.property(
        fc.nat(FITTING.length - 1),
        fc.nat(1),
        fc.integer({ min: 1, max: 64 }),
        (index, side, size) => {
          const tensors = FITTING.map((one, at) =>
            at === index ? { ...one, shape: one.shape.with(side, size) } : one,
          );
          const isSame = FITTING[index]?.shape[side] === size;
          expect(loraShapeFault(tensors, config(), BASE) === undefined).toBe(isSame);
        },
      ),
    );
  });

  it('finds another hidden size of a family that it does not know', () => {
    const base = parseBaseModel('{"model_type":"gemma9","hidden_size":8}');
    expect(loraShapeFault(FITTING, config(), base)).toBeUndefined();
    expect(loraShapeFault(layer(7), config(), base)).toBeUndefined();
    expect(loraShapeFault(target(q, 3, 16, 8), config(), base)).toBe(
      `${q} is for a hidden size of 16; the base's hidden_size is 8`,
    );
  });

  it('finds two hidden sizes in one adapter where no base is known', () => {
    const two = [...layer(0), ...target('model.layers.1.mlp.up_proj', 3, 16, 24)];
    expect(loraShapeFault(two, config(), undefined)).toContain('hidden size of 16; that of');
  });
});
