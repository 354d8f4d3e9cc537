import { ParleyError } from '@parley/platform';
import { jsonObject } from './json-object.ts';

/** What a LoRA adapter says of itself in PEFT's `adapter_config.json`, as far as it matters to an engine. */
export type LoraConfig = {
  /** Name or path of the model that it was trained on. */
  base: string;
  /** The rank of all targets but those of `otherRanks`. */
  rank: number;
  /** Ranks of single targets. */
  otherRanks: readonly number[];
  /** Names of modules, such as `q_proj`; undefined where it gives a pattern instead. */
  targets: readonly string[] | undefined;
  /** Whether every layer has all targets. */
  everyLayer: boolean;
  /** What it uses that engines do not serve, by the name of the entry. */
  unsupported: readonly { entry: string; value: string; instead: string }[];
};

/** An adapter is LoRA, or of a type that Parley leaves to the engine. */
export type AdapterConfig = { type: 'LORA'; lora: LoraConfig } | { type: 'other' };

/** What a LoRA adapter is held against. */
export type LoraLimits = {
  /** The society's base. */
  base: string;
  /** The highest rank that engines take. */
  maxRank: number;
};

const LINEAR_ALONE = 'train LoRA on linear layers alone';

/** Entries that vLLM 0.32 refuses or passes over when they are set, and what to do instead. */
const UNSUPPORTED = {
  use_dora: 'train without DoRA',
  modules_to_save: LINEAR_ALONE,
  trainable_token_indices: LINEAR_ALONE,
  lora_bias: 'train without bias',
  alora_invocation_tokens: 'train LoRA, not aLoRA',
  layer_replication: 'train on the layers as they are',
  use_bdlora: 'train LoRA, not BD-LoRA',
  use_qalora: 'train LoRA, not QALoRA',
} as const;

/** Ways to begin that leave the base's weights as they are; others need another base than the one served. */
const PLAIN_STARTS = ['gaussian', 'eva', 'orthogonal', 'mica', 'lora_ga'];

/**
 * Reads the text of an `adapter_config.json`.
 * @throws ParleyError DATA_CORRUPT naming the entry that is missing or no such thing.
 */
export function parseAdapterConfig(text: string): AdapterConfig {
  const entries = jsonObject(text);
  if (entries === undefined) throw corrupt('it is no JSON object');
  const type = entries.peft_type;
  if (typeof type !== 'string')
    throw corrupt(`peft_type is ${JSON.stringify(type)}; it must say what the adapter is: "LORA"`);
  return type === 'LORA' ? { type, lora: parseLora(entries) } : { type: 'other' };
}

/** What keeps engines from serving an adapter of this configuration, and what would be right; or undefined. */
export function loraConfigFault(
  lora: LoraConfig,
  { base, maxRank }: LoraLimits,
): string | undefined {
  if (lora.base !== base && !lora.base.endsWith(`/${base}`))
    return `base_model_name_or_path is '${lora.base}'; it must be '${base}', the base of its society, or a path that ends in it`;
  const rank = Math.max(lora.rank, ...lora.otherRanks);
  if (rank > maxRank)
    return `its rank r is ${rank}; PARLEY_MAX_LORA_RANK, which must be the engines' --max-lora-rank, is ${maxRank}`;
  const [first] = lora.unsupported;
  return first && `${first.entry} is ${first.value}, which engines do not serve; ${first.instead}`;
}

function parseLora(entries: Record<string, unknown>): LoraConfig {
  const { base_model_name_or_path: base, r, lora_alpha, rank_pattern } = entries;
  if (typeof base !== 'string' || base === '')
    throw corrupt(`base_model_name_or_path is ${JSON.stringify(base)}; it must name a model`);
  if (!isRank(r)) throw corrupt(`r is ${JSON.stringify(r)}; a rank is a whole number from 1`);
  if (typeof lora_alpha !== 'number')
    throw corrupt(`lora_alpha is ${JSON.stringify(lora_alpha)}; it must be a number`);
  const otherRanks = Object.values((rank_pattern ?? {}) as object);
  if (!otherRanks.every(isRank))
    throw corrupt(
      `rank_pattern is ${JSON.stringify(rank_pattern)}; ranks are whole numbers from 1`,
    );
  const targets = targetsOf(entries.target_modules);
  const isPlain = targets?.every((name) => !name.includes('.')) ?? false;
  return {
    base,
    rank: r,
    otherRanks,
    targets,
    everyLayer: isPlain && !isSet(entries.layers_to_transform) && !isSet(entries.exclude_modules),
    unsupported: [...unsupported(entries)],
  };
}

function targetsOf(value: unknown): string[] | undefined {
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
  if (typeof value === 'string') return undefined;
  throw corrupt(
    `target_modules is ${JSON.stringify(value)}; it must be a list of names, or a pattern`,
  );
}

function* unsupported(entries: Record<string, unknown>): Iterable<LoraConfig['unsupported'][0]> {
  for (const [entry, instead] of Object.entries(UNSUPPORTED))
    if (isSet(entries[entry])) yield { entry, value: JSON.stringify(entries[entry]), instead };
  const { bias, init_lora_weights: start } = entries;
  if (isSet(bias) && bias !== 'none')
    yield { entry: 'bias', value: JSON.stringify(bias), instead: 'it must be "none"' };
  if (typeof start === 'string' && !PLAIN_STARTS.includes(start.toLowerCase()))
    yield {
      entry: 'init_lora_weights',
      value: JSON.stringify(start),
      instead: `it must be true, or one of ${PLAIN_STARTS.join(', ')}`,
    };
}

function isRank(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/** PEFT writes what is off as null, false or something empty. */
function isSet(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function corrupt(message: string): ParleyError {
  return new ParleyError('DATA_CORRUPT', message);
}
