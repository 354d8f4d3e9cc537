import { invalid, ParleyError } from '@parley/platform';
import { type Society, seats } from './society.ts';

/** What sits on one seat. Without an adapter it is the untrained base model. */
export type AgentVersion = {
  seat: string;
  base: string;
  /** `artifact:…` of the adapter's folder, or empty. */
  adapterUri: string;
  /** Digest of the adapter's folder, or empty. */
  adapterSha256: string;
  /** The model name under which engines serve it. */
  servedName: string;
  /** Where it comes from; empty where that is not known. */
  parentAdapterSha256: string;
  datasetSha256: string;
  cycle: string;
  iteration: number;
};

/** An agent version as it is proposed: by its seat, what it is and where it comes from. */
export type AgentChange = { seat: string } & Partial<Omit<AgentVersion, 'seat' | 'servedName'>>;

/** An immutable choice of agent versions, one for every seat. */
export type Revision = {
  society: string;
  number: number;
  /** In the order of `seats`. */
  agents: AgentVersion[];
  /** RFC 3339. */
  createdAt: string;
  /** Why it must not be used, or empty. */
  broken: string;
  /** Whether every adapter has been seen to load and to change the base model's answers. */
  verified: boolean;
};

export type RevisionStatus = 'candidate' | 'current' | 'retired';

/**
 * What a revision is to its society: current; candidate while it is newer than all that were ever current;
 * else retired, because another took its place or it was passed over.
 */
export function revisionStatus(
  number: number,
  society: Pick<Society, 'current' | 'newestPromoted'>,
): RevisionStatus {
  if (number === society.current) return 'current';
  return number > society.newestPromoted ? 'candidate' : 'retired';
}

/** Revision 1: the base model on every seat. */
export function firstRevision(society: Society): Revision {
  return {
    society: society.name,
    number: 1,
    agents: seats(society.agents).map((seat) => baseAgent(seat, society.base)),
    createdAt: society.createdAt,
    broken: '',
    verified: true,
  };
}

/**
 * The revision that follows the latest: that of `from` with some seats changed. An adapter keeps the served
 * name that it has in `from`; a new one is named `<society>.<seat>.<12 of sha256>` after the first seat that
 * it gets, so that an engine holds it once however many seats it sits on.
 * @throws ParleyError INVALID_ARGUMENT naming the change that cannot be, and why.
 */
export function nextRevision(
  society: Society,
  from: Revision,
  changes: readonly AgentChange[],
  createdAt: string,
): Revision {
  const names = new Map(from.agents.map((agent) => [agent.adapterSha256, agent.servedName]));
  const changed = new Map<string, AgentVersion>();
  for (const [index, change] of changes.entries()) {
    const field = `agents[${index}]`;
    if (!from.agents.some(({ seat }) => seat === change.seat))
      throw invalid(
        `${field}.seat`,
        `${JSON.stringify(change.seat.slice(0, 80))} is no seat of ${society.name}, which has gen-1 to gen-${society.agents} and critic-1 to critic-${society.agents}`,
      );
    if (changed.has(change.seat))
      throw invalid(`${field}.seat`, `${change.seat} is given twice; give each seat once`);
    changed.set(change.seat, agentVersion(society, change, names, field));
  }
  if (changed.size === 0) throw invalid('agents', 'must change at least one seat');
  const agents = from.agents.map((agent) => changed.get(agent.seat) ?? agent);
  return {
    society: society.name,
    number: society.latest + 1,
    agents,
    createdAt,
    broken: '',
    verified: agents.every(({ adapterSha256 }) => adapterSha256 === ''),
  };
}

const SHA256 = /^[0-9a-f]{64}$/;

function agentVersion(
  society: Society,
  change: AgentChange,
  names: Map<string, string>,
  field: string,
): AgentVersion {
  const { seat, base = society.base, adapterUri = '', adapterSha256 = '' } = change;
  if (base !== society.base)
    throw invalid(`${field}.base`, `${base} must be ${society.base}, the base of ${society.name}`);
  const source = {
    parentAdapterSha256: optionalDigest(change.parentAdapterSha256, `${field}.parentAdapterSha256`),
    datasetSha256: optionalDigest(change.datasetSha256, `${field}.datasetSha256`),
    cycle: change.cycle ?? '',
    iteration: change.iteration ?? 0,
  };
  if (adapterUri === '' && adapterSha256 === '') return { ...baseAgent(seat, base), ...source };
  if (!adapterUri.startsWith('artifact:'))
    throw invalid(
      `${field}.adapterUri`,
      `'${adapterUri.slice(0, 80)}' must start with 'artifact:'`,
    );
  if (!SHA256.test(adapterSha256))
    throw invalid(`${field}.adapterSha256`, 'must be 64 hexadecimal digits in lower case');
  const servedName =
    names.get(adapterSha256) ?? `${society.name}.${seat}.${adapterSha256.slice(0, 12)}`;
  names.set(adapterSha256, servedName);
  return { seat, base, adapterUri, adapterSha256, servedName, ...source };
}

function optionalDigest(digest = '', field: string): string {
  if (digest !== '' && !SHA256.test(digest))
    throw invalid(field, 'must be empty or 64 hexadecimal digits in lower case');
  return digest;
}

function baseAgent(seat: string, base: string): AgentVersion {
  return {
    seat,
    base,
    adapterUri: '',
    adapterSha256: '',
    servedName: base,
    parentAdapterSha256: '',
    datasetSha256: '',
    cycle: '',
    iteration: 0,
  };
}

/**
 * The society after promoting a revision.
 * @throws ParleyError FAILED_PRECONDITION when the revision is broken.
 */
export function promoted(society: Society, revision: Revision): Society {
  refuseBroken(revision);
  return {
    ...society,
    current: revision.number,
    newestPromoted: Math.max(society.newestPromoted, revision.number),
  };
}

/** @throws ParleyError FAILED_PRECONDITION when the revision must not be used, saying why. */
export function refuseBroken({ society, number, broken }: Revision): void {
  if (broken !== '')
    throw new ParleyError(
      'FAILED_PRECONDITION',
      `revision ${number} of ${society} is broken: ${broken}; use or promote another one`,
    );
}
