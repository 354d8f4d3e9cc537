import { invalid } from '../errors.ts';

/** Where a page of an index ended. */
export type Cursor = { rank: number; member: string };

/** A cursor as the opaque text that callers carry. */
export function encodeCursor({ rank, member }: Cursor): string {
  return Buffer.from(JSON.stringify([rank, member])).toString('base64url');
}

/** @throws ParleyError INVALID_ARGUMENT for a text that `encodeCursor` did not make. */
export function decodeCursor(text: string): Cursor {
  try {
    const [rank, member] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    if (typeof rank === 'number' && typeof member === 'string') return { rank, member };
  } catch {
    // Refused below, as any other text that is no cursor.
  }
  throw invalid('cursor', 'must be the `next` of an earlier page');
}
