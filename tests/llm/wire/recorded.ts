import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer } from './answers.ts';
import { CASES } from './cases.ts';
import type { Answered } from './run-case.ts';
import type { Model } from './subject.ts';
import type { WireCase } from './wire-case.ts';

/** Answers to one case as they were recorded, with the digest of the requests that they answer. */
export type Recorded = Answered & { version: string; requests: string };

/** Where recorded answers lie, a file for each case. */
export const FOLDER = join(import.meta.dirname, 'recorded');

/** Names of the cases of which there are recorded answers. */
export function recordedNames(): string[] {
  return readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));
}

/** The recorded answers to a case. @throws Error when there are none. */
export function readRecorded(name: string): Recorded {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Recorded;
}

/** Digest of a case's requests, by which it is seen that a case was changed after its answers were recorded. */
export function requestsDigest(wireCase: WireCase, { base, maxModelLength }: Model): string {
  const anywhere = { url: '', base, maxModelLength, adapter: 'adapter', truncated: 'truncated' };
  const text = JSON.stringify(wireCase.requests(anywhere));
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Cases whose requests are not those that were recorded. */
export function outdated(): string[] {
  return CASES.filter((wireCase) => {
    const { engine, requests } = readRecorded(wireCase.name);
    return requestsDigest(wireCase, engine) !== requests;
  }).map(({ name }) => name);
}

/**
 * An answer without what is different each time or tells of the machine: ids, times, fingerprints, folders.
 * The same requests to the same engine give the same bytes.
 */
export function normalised(answer: Answer): Answer {
  return { ...answer, body: steady(answer.body) };
}

const UNSTEADY: Record<string, unknown> = {
  created: 0,
  root: 'folder',
  system_fingerprint: 'fingerprint',
};
const ID = /^((?:chatcmpl|cmpl|modelperm)-).*/;

function steady(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(steady);
  if (typeof value === 'string') return value.replace(ID, '$1id');
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      Object.hasOwn(UNSTEADY, key) ? UNSTEADY[key] : steady(inner),
    ]),
  );
}
