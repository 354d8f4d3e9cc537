import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safetensors, safetensorsFile } from '../testing/safetensors.ts';
import {
  type FloatType,
  headerLength,
  LENGTH_BYTES,
  nonFinite,
  parseHeader,
  type Tensor,
} from './safetensors.ts';

function read(file: Uint8Array, fileBytes = file.byteLength): Tensor[] {
  const length = headerLength(file.subarray(0, LENGTH_BYTES), fileBytes);
  return parseHeader(file.subarray(LENGTH_BYTES, LENGTH_BYTES + length), fileBytes);
}

function withHeader(header: object | string, dataBytes = 0): Buffer {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  return safetensorsFile(text, Buffer.alloc(dataBytes));
}

describe('the header of a safetensors file', () => {
  it('says where each tensor lies', () => {
    const file = safetensors({ a: { shape: [2, 3] }, b: { type: 'BF16', shape: [4] } });
    const start = file.byteLength - 2 * 3 * 4 - 4 * 2;
    expect(read(file)).toEqual([
      { name: 'a', type: 'F32', shape: [2, 3], offset: start, bytes: 24 },
      { name: 'b', type: 'BF16', shape: [4], offset: start + 24, bytes: 8 },
    ]);
  });

  it('is refused wherever the file was cut off', () => {
    const file = safetensors({ a: { shape: [2, 3] }, b: { type: 'F16', shape: [4] } });
    fc.assert(
      fc.property(fc.nat(file.byteLength - 1), (bytes) => {
        expect(() => read(file.subarray(0, bytes))).toThrow('truncated');
      }),
    );
  });

  it('is read or refused, never misread, whatever one byte of it is', () => {
    const file = safetensors({ a: { shape: [2, 3] }, b: { type: 'F16', shape: [4] } });
    fc.assert(
      fc.property(fc.nat(file.byteLength - 1), fc.nat(255), (at, byte) => {
        const damaged = Buffer.from(file);
        damaged[at] = byte;
        let tensors: Tensor[];
        try {
          tensors = read(damaged);
        } catch (thrown) {
          expect(thrown).toMatchObject({ reason: 'DATA_CORRUPT' });
          return;
        }
        const last = tensors.at(-1) ?? { offset: 0, bytes: 0 };
        expect(last.offset + last.bytes).toBe(file.byteLength);
      }),
    );
  });

  const whole = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  it.each<[string, Buffer, string]>([
    ['another format', Buffer.from('PK\u0003\u0004 and so on'), 'no safetensors file'],
    ['no JSON', withHeader('{'.padEnd(20)), 'no JSON object'],
    ['a list', withHeader('[]'), 'no JSON object'],
    ['an unknown type', withHeader({ a: { ...whole, dtype: 'F33' } }, 8), 'a has the type "F33"'],
    ['a negative size', withHeader({ a: { ...whole, shape: [-2] } }, 8), 'a has no shape but [-2]'],
    ['no tensor', withHeader({ a: null }), 'a has the type undefined'],
    ['no offsets', withHeader({ a: { ...whole, data_offsets: [0] } }, 8), 'no data_offsets'],
    [
      'too few bytes',
      withHeader({ a: { ...whole, shape: [3] } }, 8),
      'a has 8 bytes; F32 [3] has 12 bytes',
    ],
    [
      'a gap',
      withHeader({ a: whole, b: { ...whole, data_offsets: [12, 20] } }, 20),
      'b begins at byte',
    ],
    [
      'an overlap',
      withHeader({ a: whole, b: { ...whole, data_offsets: [4, 12] } }, 12),
      'b begins at byte',
    ],
    ['more bytes than tensors', withHeader({ a: whole }, 9), 'too long'],
  ])('with %s is refused', (_, file, message) => {
    expect(() => read(file)).toThrow(message);
  });

  it('that is too long is refused before it is read', () => {
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(2n ** 40n);
    expect(() => headerLength(start, 2 ** 41)).toThrow('2 to 16777216');
  });
});

describe('nonFinite', () => {
  const FLOATS: [FloatType, number, number[]][] = [
    ['F32', 4, [0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0x7f80_0001]],
    ['BF16', 2, [0x7f80, 0xff80, 0x7fc0, 0x7f81]],
    ['F16', 2, [0x7c00, 0xfc00, 0x7e00, 0x7c01]],
  ];
  it.each(FLOATS)('finds infinities and NaN among %s', (type, size, patterns) => {
    for (const pattern of patterns) {
      const bytes = Buffer.alloc(5 * size);
      if (size === 4) bytes.writeUInt32LE(pattern, 12);
      else bytes.writeUInt16LE(pattern, 6);
      expect(nonFinite(bytes, type)).toBe(3);
    }
  });

  it('agrees with the language on every F32', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
        const aligned = bytes.slice();
        const floats = new Float32Array(aligned.buffer);
        expect(nonFinite(aligned, 'F32')).toBe(floats.findIndex((one) => !Number.isFinite(one)));
      }),
    );
  });
});
