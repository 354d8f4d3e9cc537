import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partsOf } from './s3-parts.ts';

async function* piecesOf(pieces: Uint8Array[]) {
  for (const piece of pieces) {
    yield piece.slice();
  }
}

describe('partsOf', () => {
  it('cuts any content into full parts and a last one, and keeps its bytes', async () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 50 }), async (given, size) => {
        const content = Buffer.concat(given);
        for (const source of [content, piecesOf(given)]) {
          const parts = await Array.fromAsync(partsOf(source, size));
          expect(Buffer.concat(parts.map(({ bytes }) => bytes))).toEqual(content);
          expect(parts.map(({ last }) => last).indexOf(true)).toBe(parts.length - 1);
          for (const { bytes, last } of parts)
            if (last) expect(bytes.byteLength).toBeLessThanOrEqual(size);
            else expect(bytes.byteLength).toBe(size);
          expect(parts).toHaveLength(Math.max(1, Math.ceil(content.byteLength / size)));
        }
      }),
    );
  });

  it('grows its buffer over many pieces', async () => {
    const pieces = Array.from({ length: 500 }, (_, n) => new Uint8Array(1000).fill(n));
    const parts = await Array.fromAsync(partsOf(piecesOf(pieces), 400_000));
    expect(parts.map(({ bytes }) => bytes.byteLength)).toEqual([400_000, 100_000]);
    expect(Buffer.concat(parts.map(({ bytes }) => bytes))).toEqual(Buffer.concat(pieces));
  });

  it('takes the memory of a released part for a later one, and only of such', async () => {
    const pieces = Array.from({ length: 40 }, (_, n) => new Uint8Array(50).fill(n));
    const memory = new Set<ArrayBufferLike>();
    const kept: Uint8Array[] = [];
    let at = 0;
    for await (const { bytes, release } of partsOf(piecesOf(pieces), 100)) {
      expect([bytes[0], bytes[99]]).toEqual([at, at + 1]);
      memory.add(bytes.buffer);
      if (at % 10 === 0) kept.push(bytes);
      else release();
      at += 2;
    }
    expect(kept.map(([first]) => first)).toEqual([0, 10, 20, 30]);
    expect(memory.size).toBe(kept.length + 1);
  });

  it('lets the producer end when the parts are no longer wanted', async () => {
    let ended = false;
    async function* endless() {
      try {
        for (;;) yield new Uint8Array(10);
      } finally {
        ended = true;
      }
    }
    for await (const { last } of partsOf(endless(), 15)) {
      expect(last).toBe(false);
      break;
    }
    expect(ended).toBe(true);
  });
});
