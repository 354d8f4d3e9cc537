import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { ParleyError } from '@parley/platform';
import { type BaseModel, parseBaseModel } from '../domain/base-model.ts';
import { loraShapeFault } from '../domain/lora-shape.ts';
import { loraConfigFault, parseAdapterConfig } from '../domain/peft-config.ts';
import {
  type FloatType,
  headerLength,
  LENGTH_BYTES,
  nonFinite,
  parseHeader,
  type Tensor,
} from '../domain/safetensors.ts';

/** What adapters are held against before an engine sees them. */
export type AdapterRules = {
  /** The highest LoRA rank that engines take. */
  maxRank: number;
  /** Folder that holds `<base>/config.json` of every base model, or empty. */
  models: string;
};

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';
const LARGEST_CONFIG = 1024 * 1024;
/** Bytes that are looked through at a time; a multiple of every element's size. */
const PIECE = 256 * 1024;
const LONGEST_FAULT = 600;

/**
 * What is wrong with the adapter in a folder, where, and what would be right; undefined when an engine may load it.
 * A LoRA adapter is held against the base and the limits, its weights are read to the end: all must be finite. Of
 * an adapter of another type only the configuration must be readable.
 * @param base the name under which engines serve the base model.
 * @throws ParleyError NOT_CONFIGURED when the base's `config.json` is missing or unusable; UNAVAILABLE when the
 * folder cannot be read.
 */
export async function adapterFault(
  folder: string,
  base: string,
  rules: AdapterRules,
): Promise<string | undefined> {
  try {
    const config = await named(CONFIG, async () => parseAdapterConfig(await configText(folder)));
    if (config.type === 'other') return undefined;
    const { lora } = config;
    const misfit = loraConfigFault(lora, { base, maxRank: rules.maxRank });
    if (misfit !== undefined) return `${CONFIG}: ${misfit}`;
    const model = rules.models === '' ? undefined : await baseModel(rules.models, base);
    return await named(WEIGHTS, async () => {
      await using file = await opened(join(folder, WEIGHTS));
      const tensors = await tensorsOf(file);
      const fault = loraShapeFault(tensors, lora, model) ?? (await nonFiniteFault(file, tensors));
      return fault === undefined ? undefined : cut(`${WEIGHTS}: ${fault}`);
    });
  } catch (thrown) {
    if (thrown instanceof ParleyError && thrown.reason === 'DATA_CORRUPT')
      return cut(thrown.message);
    throw thrown;
  }
}

/** Says of what is wrong in which file it is. */
async function named<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    if (!(thrown instanceof ParleyError))
      throw new ParleyError('UNAVAILABLE', `${name} cannot be read: ${(thrown as Error).message}`, {
        cause: thrown,
      });
    throw new ParleyError(thrown.reason, `${name}: ${thrown.message}`, { cause: thrown });
  }
}

async function configText(folder: string): Promise<string> {
  const path = join(folder, CONFIG);
  const { size } = await stat(path).catch(absent);
  if (size > LARGEST_CONFIG)
    throw new ParleyError('DATA_CORRUPT', `it has ${size} bytes; ${LARGEST_CONFIG} are the limit`);
  return readFile(path, 'utf8');
}

function opened(path: string): Promise<FileHandle> {
  return open(path).catch(absent);
}

function absent(thrown: NodeJS.ErrnoException): never {
  if (thrown.code === 'ENOENT')
    throw new ParleyError('DATA_CORRUPT', `there is none; an adapter is ${CONFIG} and ${WEIGHTS}`);
  throw thrown;
}

async function baseModel(models: string, base: string): Promise<BaseModel> {
  const root = resolve(models);
  const path = resolve(root, base, 'config.json');
  const where = `PARLEY_MODELS: ${path}`;
  if (!path.startsWith(`${root}${sep}`))
    throw new ParleyError('NOT_CONFIGURED', `${where} is outside of ${root}`);
  try {
    return parseBaseModel(await readFile(path, 'utf8'));
  } catch (thrown) {
    const why = thrown instanceof ParleyError ? thrown.message : `it cannot be read (${thrown})`;
    throw new ParleyError(
      'NOT_CONFIGURED',
      `${where}: ${why}; it must be the Hugging Face configuration of ${base}`,
      { cause: thrown },
    );
  }
}

async function tensorsOf(file: FileHandle): Promise<Tensor[]> {
  const { size } = await file.stat();
  const start = await bytesAt(file, 0, Math.min(LENGTH_BYTES, size));
  const header = await bytesAt(file, LENGTH_BYTES, headerLength(start, size));
  return parseHeader(header, size);
}

async function nonFiniteFault(
  file: FileHandle,
  tensors: readonly Tensor[],
): Promise<string | undefined> {
  const piece = Buffer.alloc(PIECE);
  for (const { name, type, shape, offset, bytes } of tensors) {
    for (let at = 0; at < bytes; at += PIECE) {
      const part = await filled(file, piece.subarray(0, Math.min(PIECE, bytes - at)), offset + at);
      const index = nonFinite(part, type as FloatType);
      if (index >= 0) {
        const element = index + (at * shape.reduce((product, one) => product * one, 1)) / bytes;
        return `${name} holds NaN or infinity at element ${element}; weights must be finite: its training has diverged`;
      }
    }
  }
  return undefined;
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  return filled(file, Buffer.alloc(length), position);
}

async function filled(file: FileHandle, into: Buffer, position: number): Promise<Buffer> {
  for (let read = 0; read < into.byteLength; ) {
    const { bytesRead } = await file.read(into, read, into.byteLength - read, position + read);
    if (bytesRead === 0)
      throw new ParleyError('DATA_CORRUPT', 'it ended while it was read: it is truncated');
    read += bytesRead;
  }
  return into;
}

function cut(text: string): string {
  return text.length > LONGEST_FAULT ? `${text.slice(0, LONGEST_FAULT)}…` : text;
}
