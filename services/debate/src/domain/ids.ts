import { hash } from 'node:crypto';
import { canonicalJson, invalid, sha256 } from '@parley/platform';
import { LIMITS } from './spec.ts';

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** The pattern of ids that callers choose, for schemas. */
export const ID_PATTERN = ID.source;

/** @throws ParleyError INVALID_ARGUMENT for an id that no debate can have. */
export function checkId(field: string, id: string): void {
  if (id.length > LIMITS.idLength || !ID.test(id))
    throw invalid(
      field,
      `must be 1 to ${LIMITS.idLength} letters, digits, dots, dashes or underscores, starting with a letter or digit`,
    );
}

/** An id that sorts by time: the milliseconds in base 36, then 16 digits of a random UUID. */
export function newId(now: number, uuid: string): string {
  return `d${now.toString(36).padStart(9, '0')}${uuid.slice(0, 4)}${uuid.slice(-12)}`;
}

/** The id of the debate that a client's Idempotency-Key names. */
export function idFromKey(key: string): string {
  return `k${sha256(key).slice(0, 32)}`;
}

/** The id of a batch's debate over a problem. */
export function batchDebateId(batch: string, problemId: string): string {
  return `b${sha256(JSON.stringify([batch, problemId])).slice(0, 32)}`;
}

/** Where a debate's transcript stands; `suffix` tells a second one from the first. */
export function transcriptPath(id: string, suffix = ''): string {
  return `debates/${hash('sha256', id).slice(0, 2)}/${id}${suffix}.json`;
}

/** What tells whether two requests ask for the same. */
export function requestDigest(request: unknown): string {
  return sha256(canonicalJson(request));
}
