/**
 * A piece of an object that is uploaded by itself. Once `release` is called its bytes may change: the memory
 * serves for a later part.
 */
export type Part = { bytes: Uint8Array; last: boolean; release(): void };

const FIRST_BUFFER = 64 * 1024;

/**
 * The content in parts of exactly `size` bytes, of which the last, and only it, may be shorter or empty.
 * Of a stream one part more is held than are not released.
 */
export async function* partsOf(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  size: number,
): AsyncIterable<Part> {
  if (content instanceof Uint8Array) yield* slices(content, size);
  else yield* gathered(content, size);
}

function* slices(content: Uint8Array, size: number): Iterable<Part> {
  const part = (from: number, to?: number) => ({
    bytes: content.subarray(from, to),
    last: to === undefined,
    release() {},
  });
  let at = 0;
  for (; at + size < content.byteLength; at += size) yield part(at, at + size);
  yield part(at);
}

async function* gathered(content: AsyncIterable<Uint8Array>, size: number): AsyncIterable<Part> {
  const free: Buffer<ArrayBuffer>[] = [];
  const part = (buffer: Buffer<ArrayBuffer>, bytes: Uint8Array, last: boolean) => ({
    bytes,
    last,
    release: () => void free.push(buffer),
  });
  let buffer = Buffer.alloc(0);
  let filled = 0;
  for await (const piece of content) {
    let rest = piece;
    while (rest.byteLength > 0) {
      if (filled === size) {
        yield part(buffer, buffer, false);
        buffer = free.pop() ?? Buffer.allocUnsafeSlow(size);
        filled = 0;
      }
      const fits = Math.min(rest.byteLength, size - filled);
      buffer = withRoom(buffer, filled, fits, size);
      buffer.set(rest.subarray(0, fits), filled);
      filled += fits;
      rest = rest.subarray(fits);
    }
  }
  yield part(buffer, buffer.subarray(0, filled), true);
}

/** The buffer, or one at least twice as large with the same beginning, that has room for more bytes. */
function withRoom(buffer: Buffer<ArrayBuffer>, filled: number, more: number, size: number) {
  if (filled + more <= buffer.byteLength) return buffer;
  const wanted = Math.max(filled + more, 2 * buffer.byteLength, FIRST_BUFFER);
  const larger = Buffer.allocUnsafeSlow(Math.min(wanted, size));
  larger.set(buffer.subarray(0, filled));
  return larger;
}
