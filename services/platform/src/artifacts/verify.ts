import { createHash } from 'node:crypto';
import { ParleyError } from '../errors.ts';
import type { ArtifactRef } from './port.ts';

/**
 * The pieces, of which the last is handed out only when all of them have the reference's digest.
 * @throws ParleyError DATA_CORRUPT
 */
export async function* verified(
  pieces: AsyncIterable<Uint8Array>,
  { uri, sha256 }: ArtifactRef,
): AsyncIterable<Uint8Array> {
  const digest = createHash('sha256');
  let held: Uint8Array | undefined;
  for await (const piece of pieces) {
    digest.update(piece);
    if (held !== undefined) yield held;
    held = piece;
  }
  if (digest.digest('hex') !== sha256)
    throw new ParleyError('DATA_CORRUPT', `${uri} does not have the digest ${sha256}`);
  if (held !== undefined) yield held;
}
