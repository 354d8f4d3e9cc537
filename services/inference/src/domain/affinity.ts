import type { ChatMessage } from './coalesce.ts';

/** Characters of a message that are looked at: what differs only later shares its beginning. */
const LONGEST = 2_048;

/**
 * What calls have in common that can use each other's cached prefix: the served model and the conversation up to
 * and including the first user message. The calls of one question, in one debate or in many, have one key for each
 * model. An integer from 0 to 2^32 - 1 (FNV-1a of the characters' codes).
 */
export function affinityKey(model: string, messages: readonly ChatMessage[]): number {
  let hash = hashText(model);
  for (const { role, content } of messages) {
    hash = hashText(role, hash);
    hash = hashText(content, hash);
    if (role === 'user') break;
  }
  return hash;
}

/** FNV-1a over a text's character codes (the first 2,048), going on from another hash. */
export function hashText(text: string, from = 0x811c9dc5): number {
  let hash = from;
  const end = Math.min(text.length, LONGEST);
  for (let at = 0; at < end; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/**
 * How much a key belongs to an engine, as an integer from 0 to 2^32 - 1: the engine with the highest weight is the
 * key's home. Taking another engine away moves no key (rendezvous hashing: Thaler and Ravishankar 1998); the mixing
 * is the last step of MurmurHash3.
 */
export function affinityWeight(key: number, engine: number): number {
  let mixed = key ^ Math.imul(engine, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
