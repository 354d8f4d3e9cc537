import { hash } from 'node:crypto';

/** SHA-256 as 64 hexadecimal digits. */
export function sha256(content: Uint8Array | string): string {
  return hash('sha256', content, 'hex');
}

/**
 * JSON with object keys in sorted order and without undefined members: equal values give equal text, so
 * that digests and idempotency checks can compare it.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (member === null || typeof member !== 'object' || Array.isArray(member)) return member;
    return Object.fromEntries(
      Object.entries(member).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
    );
  });
}
