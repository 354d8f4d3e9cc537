import type { AgentVersion, Revision } from './revision.ts';
import { revisionStatus } from './revision.ts';
import type { Society } from './society.ts';

/** An adapter that engines should hold. */
export type Adapter = {
  name: string;
  /** The name under which engines serve the base model that it is for. */
  base: string;
  uri: string;
  sha256: string;
  /** Sits in a current revision: it is never unloaded. */
  current: boolean;
  /** Has been checked before, as part of a revision. */
  verified: boolean;
};

/** The served name that Parley gives an adapter; other adapters on an engine are left alone. */
export const ADAPTER_NAME = /^[a-z0-9][a-z0-9-]{0,62}\.(?:gen|critic)-\d{1,2}\.[0-9a-f]{12}$/;

/**
 * The adapters that engines should hold, the most important first: those of current revisions, then those
 * of revisions used lately (latest use first), then those of candidates.
 * @param lastUse when a revision was used, in milliseconds; undefined if it was not, lately.
 */
export function neededAdapters(
  societies: Iterable<{ society: Society; revisions: Iterable<Revision> }>,
  lastUse: (society: string, number: number) => number | undefined,
): Adapter[] {
  const current: Revision[] = [];
  const used: { revision: Revision; at: number }[] = [];
  const candidates: Revision[] = [];
  for (const { society, revisions } of societies) {
    for (const revision of revisions) {
      if (revision.broken !== '') continue;
      const at = lastUse(society.name, revision.number);
      if (revision.number === society.current) current.push(revision);
      else if (at !== undefined) used.push({ revision, at });
      else if (
        revision.number === society.latest &&
        revisionStatus(revision.number, society) === 'candidate'
      )
        candidates.push(revision);
    }
  }
  used.sort((a, b) => b.at - a.at);
  const adapters = new Map<string, Adapter>();
  const add = (revision: Revision, isCurrent: boolean) => {
    for (const agent of revision.agents) note(adapters, agent, revision.verified, isCurrent);
  };
  for (const revision of current) add(revision, true);
  for (const { revision } of used) add(revision, false);
  for (const revision of candidates) add(revision, false);
  return [...adapters.values()];
}

function note(
  adapters: Map<string, Adapter>,
  { base, servedName, adapterUri, adapterSha256 }: AgentVersion,
  verified: boolean,
  current: boolean,
): void {
  if (adapterSha256 === '') return;
  const known = adapters.get(servedName);
  if (known) known.verified ||= verified;
  else
    adapters.set(servedName, {
      name: servedName,
      base,
      uri: adapterUri,
      sha256: adapterSha256,
      current,
      verified,
    });
}

/** What to do on an engine: adapters to unload first, then those to load and to open. */
export type AdapterPlan = { unload: string[]; load: Adapter[] };

/**
 * Brings an engine to what is needed within its room. Unloaded is only what makes room for something, what
 * was used longest ago first, and never what has calls in flight or sits in a current revision.
 * @param needed the most important first.
 * @param held names of the adapters that the engine holds.
 * @param room adapters that it may hold.
 * @param lastUse when an adapter was last called, in milliseconds, 0 for never.
 * @param isBusy whether calls of an adapter are in flight on the engine.
 */
export function adapterPlan(
  needed: readonly Adapter[],
  held: readonly string[],
  room: number,
  lastUse: (name: string) => number,
  isBusy: (name: string) => boolean,
): AdapterPlan {
  const wanted = needed.slice(0, room);
  const kept = new Set(
    needed.filter(({ current }, index) => current || index < room).map(({ name }) => name),
  );
  const missing = wanted.filter(({ name }) => !held.includes(name));
  const ours = held.filter((name) => ADAPTER_NAME.test(name));
  const spare = ours
    .filter((name) => !kept.has(name) && !isBusy(name))
    .sort((a, b) => lastUse(a) - lastUse(b));
  const tooMany = Math.max(0, held.length + missing.length - room);
  const unload = spare.slice(0, tooMany);
  const free = Math.max(0, room - held.length + unload.length);
  return { unload, load: missing.slice(0, free) };
}
