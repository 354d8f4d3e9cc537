import type { ElementType } from '../domain/safetensors.ts';

/** A tensor to be written; `fill` is one element's bits. */
export type Written = { type?: ElementType; shape: number[]; fill?: number };

const BYTES: Partial<Record<ElementType, number>> = { F32: 4, F16: 2, BF16: 2, I8: 1 };

/** The bytes of a safetensors file with these tensors. */
export function safetensors(tensors: Record<string, Written>): Buffer {
  const header: Record<string, object> = { __metadata__: { format: 'pt' } };
  const contents: Buffer[] = [];
  let end = 0;
  for (const [name, { type = 'F32', shape, fill = 0x3d00 }] of Object.entries(tensors)) {
    const elements = shape.reduce((product, size) => product * size, 1);
    const content = Buffer.alloc(elements * (BYTES[type] ?? 1));
    for (let at = 0; at < elements; at += 1) {
      if (type === 'F32') content.writeUInt32LE(fill, at * 4);
      else if (type !== 'I8') content.writeUInt16LE(fill, at * 2);
    }
    header[name] = { dtype: type, shape, data_offsets: [end, end + content.byteLength] };
    end += content.byteLength;
    contents.push(content);
  }
  return safetensorsFile(JSON.stringify(header), ...contents);
}

/** A file with a header of that text, and what follows it. */
export function safetensorsFile(header: string, ...contents: Buffer[]): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), ...contents]);
}
