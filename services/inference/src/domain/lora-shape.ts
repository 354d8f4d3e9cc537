import type { BaseModel, Linear } from './base-model.ts';
import type { LoraConfig } from './peft-config.ts';
import { isFloatType, type Tensor } from './safetensors.ts';

/** PEFT's name of a weight: the module in the base model, then A (into the rank) or B (out of it). */
const WEIGHT = /^(?:base_model\.model\.)?(.+)\.lora_([AB])\.weight$/;

/** A module of a decoder's layers: the number of its layer and its place there. */
const IN_LAYER = /^model\.layers\.(\d+)\.((?:self_attn|mlp)\.\w+)$/;

/** Projections that read the hidden state, and those that write to it, whatever the family. */
const READS = /\.(?:q_proj|k_proj|v_proj|qkv_proj|gate_proj|up_proj|gate_up_proj)$/;
const WRITES = /\.(?:o_proj|down_proj)$/;

/** An adapted module, its sizes from the shapes of both weights. */
type Target = Linear & { module: string; rank: number };

/**
 * What is wrong with an adapter's weights, and what would be right; undefined if nothing is. Each adapted module
 * has weights A [r, in] and B [out, r] in a floating-point type, r as configured; in, out and the layers are those
 * of the base. Without a base, or of a family that is not known, what reads or writes the hidden state must do so
 * in one size.
 */
export function loraShapeFault(
  tensors: readonly Tensor[],
  config: LoraConfig,
  base: BaseModel | undefined,
): string | undefined {
  const targets: Target[] = [];
  const found = pairs(tensors);
  if (typeof found === 'string') return found;
  for (const [module, { A, B }] of found) {
    const target = targetOf(module, A, B, config);
    if (typeof target === 'string') return target;
    targets.push(target);
  }
  if (targets.length === 0)
    return 'it holds no weights; an adapter has lora_A and lora_B for each target';
  if (base?.known === undefined) return hiddenSizeFault(targets, base);
  return misfit(targets, base, base.known) ?? layersFault(targets, config, base, base.known.layers);
}

type Pair = { A?: Tensor; B?: Tensor };

function pairs(tensors: readonly Tensor[]): Map<string, Pair> | string {
  const modules = new Map<string, Pair>();
  for (const tensor of tensors) {
    const { name, type, shape } = tensor;
    const [, module, side] = WEIGHT.exec(name) ?? [];
    if (module === undefined)
      return `${name} is no LoRA weight of a linear layer, which ends in lora_A.weight or lora_B.weight; train LoRA on linear layers alone`;
    if (!isFloatType(type)) return `${name} is of the type ${type}; it must be F32, BF16 or F16`;
    if (shape.length !== 2) return `${name} is ${shown(shape)}; it must have two dimensions`;
    const pair = modules.get(module) ?? {};
    pair[side as 'A' | 'B'] = tensor;
    modules.set(module, pair);
  }
  return modules;
}

function targetOf(
  module: string,
  A: Tensor | undefined,
  B: Tensor | undefined,
  config: LoraConfig,
) {
  if (A === undefined || B === undefined)
    return `${module} has no lora_${A === undefined ? 'A' : 'B'}; a target has both`;
  const [rank = 0, input = 0] = A.shape;
  const [output = 0, outOf = 0] = B.shape;
  if (rank !== outOf)
    return `${module} has lora_A ${shown(A.shape)} and lora_B ${shown(B.shape)}; they must be [r, in] and [out, r] of one rank`;
  const ranks = [config.rank, ...config.otherRanks];
  if (!ranks.includes(rank))
    return `${module} has the rank ${rank}; adapter_config.json says ${[...new Set(ranks)].join(' or ')}`;
  return { module, rank, in: input, out: output };
}

function hiddenSizeFault(
  targets: readonly Target[],
  base: BaseModel | undefined,
): string | undefined {
  let size = base?.hiddenSize;
  let holder = `the base's hidden_size`;
  for (const { module, in: input, out } of targets) {
    const own = READS.test(module) ? input : WRITES.test(module) ? out : undefined;
    if (own === undefined) continue;
    if (size === undefined) {
      size = own;
      holder = `that of ${module}`;
    }
    if (own !== size) return `${module} is for a hidden size of ${own}; ${holder} is ${size}`;
  }
  return undefined;
}

function misfit(
  targets: readonly Target[],
  { family }: BaseModel,
  { layers, linears }: { layers: number; linears: ReadonlyMap<string, Linear> },
): string | undefined {
  for (const { module, rank, in: input, out } of targets) {
    const [, layer, place = ''] = IN_LAYER.exec(module) ?? [];
    const linear = linears.get(place);
    if (linear === undefined)
      return `${module} is no linear layer of a ${family} model; these are ${[...linears.keys()].join(', ')} of model.layers.0 to ${layers - 1}`;
    if (Number(layer) >= layers)
      return `${module} is beyond the base's ${layers} layers, 0 to ${layers - 1}`;
    if (input !== linear.in)
      return `${module} has lora_A [${rank}, ${input}]; the base takes [${rank}, ${linear.in}]`;
    if (out !== linear.out)
      return `${module} has lora_B [${out}, ${rank}]; the base takes [${linear.out}, ${rank}]`;
  }
  return undefined;
}

/** An adapter for a base with fewer layers fits layer by layer. */
function layersFault(
  targets: readonly Target[],
  config: LoraConfig,
  { family }: BaseModel,
  layers: number,
): string | undefined {
  if (!config.everyLayer) return undefined;
  const counts = new Map<string, number>();
  for (const { module } of targets) {
    const place = module.replace(/^.*\.\d+\./, '');
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  for (const [place, count] of counts)
    if (count !== layers)
      return `${place} is adapted in ${count} layers; the base, a ${family} model, has ${layers}`;
  return undefined;
}

function shown(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
