import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { baseParameters, PARAMETER_NAMES } from './policy/parameters.ts';

/** The files of an adapter. */
export const CONFIG_FILE = 'adapter_config.json';
export const WEIGHTS_FILE = 'adapter_model.json';

/** Names the parameters that an adapter changes; another policy gets another name. */
export const POLICY_NAME = 'parley-steps-1';

/** An adapter that cannot be used. `missing`: there is none; `broken`: it does not fit or parse. */
export class AdapterError extends Error {
  readonly kind: 'missing' | 'broken';

  constructor(kind: 'missing' | 'broken', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AdapterError';
    this.kind = kind;
  }
}

/**
 * Reads an adapter of the named base and returns all its parameters. Throws AdapterError when there
 * is no config or weights file, when the base differs, or when the parameters are not the policy's.
 */
export async function readAdapter(directory: string, base: string): Promise<Float64Array> {
  const config = await readJson(directory, CONFIG_FILE, 'missing');
  const named = config.base_model_name_or_path;
  if (named !== base) {
    throw new AdapterError('broken', `adapter is for base model ${String(named)}, not ${base}`);
  }
  if (config.peft_type !== 'LOG_LINEAR' || config.policy !== POLICY_NAME) {
    const found = `${String(config.peft_type)} of policy ${String(config.policy)}`;
    throw new AdapterError('broken', `adapter is ${found}, not LOG_LINEAR of ${POLICY_NAME}`);
  }
  const weights = await readJson(directory, WEIGHTS_FILE, 'broken');
  const { names, deltas } = weights;
  if (!Array.isArray(names) || !Array.isArray(deltas)) {
    throw new AdapterError('broken', `${WEIGHTS_FILE} doesn't contain tensors`);
  }
  const length = PARAMETER_NAMES.length;
  const shaped = names.length === length && deltas.length === length;
  if (!shaped || names.some((name, i) => name !== PARAMETER_NAMES[i])) {
    const shape = `${names.length} names, ${deltas.length} deltas`;
    throw new AdapterError('broken', `adapter has ${shape}; the policy has ${length} parameters`);
  }
  const theta = baseParameters();
  for (const [i, delta] of deltas.entries()) {
    if (typeof delta !== 'number' || !Number.isFinite(delta)) {
      throw new AdapterError('broken', `delta of ${String(names[i])} is not a finite number`);
    }
    theta[i] = (theta[i] as number) + delta;
  }
  return theta;
}

/** What the card of an adapter says of its origin. */
export interface Lineage {
  readonly base: string;
  readonly job: string;
  readonly parentSha256: string | null;
  readonly datasetSha256: string;
  readonly rowsTrained: number;
  readonly method: string;
}

/** Writes an adapter directory; equal arguments give equal bytes. */
export async function writeAdapter(
  directory: string,
  theta: Float64Array,
  lineage: Lineage,
): Promise<void> {
  const base = baseParameters();
  const config = {
    base_model_name_or_path: lineage.base,
    parameters: PARAMETER_NAMES.length,
    peft_type: 'LOG_LINEAR',
    policy: POLICY_NAME,
  };
  const deltas = Array.from(theta, (value, i) => value - (base[i] as number));
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, CONFIG_FILE), `${JSON.stringify(config, null, 2)}\n`);
  const weights = JSON.stringify({ names: PARAMETER_NAMES, deltas });
  await writeFile(join(directory, WEIGHTS_FILE), `${weights}\n`);
  await writeFile(join(directory, 'README.md'), card(lineage));
}

function card(lineage: Lineage): string {
  return `---
base_model: ${lineage.base}
library_name: ${POLICY_NAME}
---

# Adapter of the sandbox policy

Parameters of a small log-linear policy for arithmetic, for development: no language model.

| | |
|---|---|
| base | ${lineage.base} |
| parent | ${lineage.parentSha256 ?? 'none'} |
| dataset | ${lineage.datasetSha256} |
| rows trained | ${lineage.rowsTrained} |
| method | ${lineage.method} |
| job | ${lineage.job} |
`;
}

async function readJson(
  directory: string,
  file: string,
  kind: 'missing' | 'broken',
): Promise<Record<string, unknown>> {
  const path = join(directory, file);
  try {
    await access(path);
  } catch (cause) {
    const text = kind === 'missing' ? `No adapter found for ${directory}` : noTensors(directory);
    throw new AdapterError(kind, text, { cause });
  }
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AdapterError('broken', `Error while deserializing ${file}: ${reason}`, { cause });
  }
  throw new AdapterError('broken', `${file} is not a JSON object`);
}

function noTensors(directory: string): string {
  return `${directory} doesn't contain tensors`;
}
