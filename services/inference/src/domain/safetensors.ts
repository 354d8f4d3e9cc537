import { ParleyError } from '@parley/platform';
import { jsonObject } from './json-object.ts';

/** Bytes of one element by the format's name of its type. */
const ELEMENT_BYTES = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const satisfies Record<string, number>;

export type ElementType = keyof typeof ELEMENT_BYTES;

/** A tensor of a file: its shape, and where its elements lie. */
export type Tensor = {
  name: string;
  type: ElementType;
  shape: readonly number[];
  /** First byte, from the start of the file. */
  offset: number;
  bytes: number;
};

/** Bytes in front of the header: its length. */
export const LENGTH_BYTES = 8;
/** An adapter's header has some 150 bytes for a tensor. */
const LONGEST_HEADER = 16 * 1024 * 1024;

/**
 * The bytes of a safetensors file's header, from the file's first eight bytes (unsigned, little-endian).
 * @throws ParleyError DATA_CORRUPT when the file cannot hold such a header.
 */
export function headerLength(start: Uint8Array, fileBytes: number): number {
  if (start.byteLength < LENGTH_BYTES)
    throw corrupt(`it has ${fileBytes} bytes; a header alone has more: it is truncated`);
  const view = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES);
  const length = Number(view.getBigUint64(0, true));
  if (length < 2 || length > LONGEST_HEADER)
    throw corrupt(
      `its header would have ${length} bytes, not 2 to ${LONGEST_HEADER}: it is no safetensors file`,
    );
  if (LENGTH_BYTES + length > fileBytes)
    throw corrupt(
      `its header ends at byte ${LENGTH_BYTES + length}, the file at ${fileBytes}: it is truncated`,
    );
  return length;
}

/**
 * The tensors that a header describes, in the order of their bytes: known types, each with as many bytes as its
 * shape says, one behind the other without gap or overlap, from the header to the end of the file.
 * @param header its bytes, `headerLength` of them, JSON.
 * @throws ParleyError DATA_CORRUPT naming the first tensor that is not so.
 */
export function parseHeader(header: Uint8Array, fileBytes: number): Tensor[] {
  const start = LENGTH_BYTES + header.byteLength;
  const entries = jsonObject(new TextDecoder().decode(header));
  if (entries === undefined) throw corrupt('its header is no JSON object');
  const tensors = Object.entries(entries)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => parseTensor(name, value, start))
    .sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
  let end = start;
  for (const { name, offset, bytes } of tensors) {
    if (offset !== end)
      throw corrupt(`${name} begins at byte ${offset}; the tensor before it ends at ${end}`);
    end += bytes;
  }
  if (end > fileBytes)
    throw corrupt(`its tensors end at byte ${end}, the file at ${fileBytes}: it is truncated`);
  if (end < fileBytes)
    throw corrupt(
      `its tensors end at byte ${end}, the file at ${fileBytes}: that much is too long`,
    );
  return tensors;
}

/** The types of which `nonFinite` can tell. */
const FLOATS = {
  F32: { words: Uint32Array, exponent: 0x7f80_0000 },
  BF16: { words: Uint16Array, exponent: 0x7f80 },
  F16: { words: Uint16Array, exponent: 0x7c00 },
} as const;

/** A floating-point type of 16 or 32 bits. */
export type FloatType = keyof typeof FLOATS;

export function isFloatType(type: ElementType): type is FloatType {
  return Object.hasOwn(FLOATS, type);
}

/**
 * Where the first NaN or infinity stands among elements, or -1. In IEEE 754 and bfloat16 these are the numbers
 * whose exponent has all bits set.
 * @param bytes whole little-endian elements, aligned to their size.
 */
export function nonFinite(bytes: Uint8Array, type: FloatType): number {
  const { words, exponent } = FLOATS[type];
  const elements = new words(
    bytes.buffer as ArrayBuffer,
    bytes.byteOffset,
    bytes.byteLength / words.BYTES_PER_ELEMENT,
  );
  for (let index = 0; index < elements.length; index += 1)
    if (((elements[index] as number) & exponent) === exponent) return index;
  return -1;
}

function parseTensor(name: string, value: unknown, start: number): Tensor {
  const { dtype, shape, data_offsets } = (value ?? {}) as Record<string, unknown>;
  if (!isElementType(dtype))
    throw corrupt(
      `${name} has the type ${JSON.stringify(dtype)}; known are ${Object.keys(ELEMENT_BYTES).join(', ')}`,
    );
  if (!isSizes(shape)) throw corrupt(`${name} has no shape but ${JSON.stringify(shape)}`);
  if (!isSizes(data_offsets) || data_offsets.length !== 2)
    throw corrupt(`${name} has no data_offsets but ${JSON.stringify(data_offsets)}`);
  const [begin = 0, end = 0] = data_offsets;
  const bytes = shape.reduce((product, size) => product * size, ELEMENT_BYTES[dtype]);
  if (end - begin !== bytes)
    throw corrupt(
      `${name} has ${end - begin} bytes; ${dtype} [${shape.join(', ')}] has ${bytes} bytes`,
    );
  return { name, type: dtype, shape, offset: start + begin, bytes };
}

function isElementType(value: unknown): value is ElementType {
  return typeof value === 'string' && Object.hasOwn(ELEMENT_BYTES, value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function corrupt(message: string): ParleyError {
  return new ParleyError('DATA_CORRUPT', message);
}
