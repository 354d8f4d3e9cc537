import { ParleyError } from '@parley/platform';
import { jsonObject } from './json-object.ts';

/** A linear layer: how many numbers go in, how many come out. */
export type Linear = { in: number; out: number };

/** A base model's sizes, from its Hugging Face `config.json`. */
export type BaseModel = {
  /** Such as `llama`. */
  family: string;
  hiddenSize: number;
  /** Of a family that Parley does not know these are undefined. */
  known:
    | {
        layers: number;
        /** The linear layers of each layer by their place in it, such as `self_attn.q_proj`. */
        linears: ReadonlyMap<string, Linear>;
      }
    | undefined;
};

/** Families whose attention has separate projections for query, key and value, their MLP for gate and up. */
const SEPARATE = ['llama', 'mistral', 'qwen2', 'qwen3'];
/** The same model with query, key and value in one projection, gate and up in another. */
const FUSED = ['phi3'];

/** Of families whose heads have a size of their own where the configuration gives none. */
const HEAD_SIZES: Readonly<Record<string, number>> = { qwen3: 128 };

/**
 * Reads the text of a model's `config.json`.
 * @throws ParleyError NOT_CONFIGURED naming the entry that is missing or no such thing.
 */
export function parseBaseModel(text: string): BaseModel {
  const entries = jsonObject(text);
  if (entries === undefined) throw wrong('it is no JSON object');
  const family = String(entries.model_type);
  const hiddenSize = size(entries, 'hidden_size');
  const isFused = FUSED.includes(family);
  if (!isFused && !SEPARATE.includes(family)) return { family, hiddenSize, known: undefined };
  const layers = size(entries, 'num_hidden_layers');
  const inner = size(entries, 'intermediate_size');
  const heads = size(entries, 'num_attention_heads');
  const keyHeads =
    entries.num_key_value_heads == null ? heads : size(entries, 'num_key_value_heads');
  const headSize =
    entries.head_dim == null
      ? (HEAD_SIZES[family] ?? Math.floor(hiddenSize / heads))
      : size(entries, 'head_dim');
  const query = heads * headSize;
  const key = keyHeads * headSize;
  const into = (out: number): Linear => ({ in: hiddenSize, out });
  const split: [string, Linear][] = isFused
    ? [
        ['self_attn.qkv_proj', into(query + 2 * key)],
        ['mlp.gate_up_proj', into(2 * inner)],
      ]
    : [
        ['self_attn.q_proj', into(query)],
        ['self_attn.k_proj', into(key)],
        ['self_attn.v_proj', into(key)],
        ['mlp.gate_proj', into(inner)],
        ['mlp.up_proj', into(inner)],
      ];
  const linears = new Map<string, Linear>([
    ...split,
    ['self_attn.o_proj', { in: query, out: hiddenSize }],
    ['mlp.down_proj', { in: inner, out: hiddenSize }],
  ]);
  return { family, hiddenSize, known: { layers, linears } };
}

function size(entries: Record<string, unknown>, entry: string): number {
  const value = entries[entry];
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw wrong(`${entry} is ${JSON.stringify(value)}; it must be a whole number from 1`);
}

function wrong(message: string): ParleyError {
  return new ParleyError('NOT_CONFIGURED', message);
}
