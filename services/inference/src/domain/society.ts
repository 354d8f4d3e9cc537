import {
  completePrompts,
  DEFAULT_PROMPTS,
  type GivenPrompts,
  invalid,
  type Prompts,
} from '@parley/platform';
import { checkSampling, DEFAULT_SAMPLING, type Sampling } from './sampling.ts';

/** How a society debates unless a debate says otherwise. */
export type Protocol = {
  rounds: number;
  /** Critics read a summary of the others' answers; false: the raw answers. */
  summaries: boolean;
  /** Critic agents answer from round 2 on; false: the generation agents go on. */
  critics: boolean;
  /** Who writes summaries. */
  summarizer: 'base' | 'critic';
  sampling: Sampling;
  /** The society's own; absent: the default ones. Unlike the rest, a debate cannot say otherwise. */
  prompts?: Prompts;
};

/** A named set of seats over one base model. Immutable but for its revisions. */
export type Society = {
  name: string;
  /** The base model, by the name under which engines serve it. */
  base: string;
  /** N: generation agents, and as many critics. */
  agents: number;
  protocol: Protocol;
  /** The revision that debates use. */
  current: number;
  /** The newest revision; revisions are numbered from 1 without gaps. */
  latest: number;
  /** The newest revision that was ever current. */
  newestPromoted: number;
  /** RFC 3339. */
  createdAt: string;
};

/** What a society is made of; what is absent takes the method's default. */
export type SocietySpec = {
  name: string;
  base: string;
  agents?: number;
  protocol?: Partial<Omit<Protocol, 'sampling' | 'summarizer' | 'prompts'>> & {
    summarizer?: string;
    sampling?: Partial<Sampling>;
    prompts?: GivenPrompts;
  };
};

/** What a society may be. */
export const SOCIETY_LIMITS = { agents: 16, rounds: 8, base: 256 } as const;

/** Names of societies. */
export const SOCIETY_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** The protocol of the method where a society names no other. */
export const DEFAULT_PROTOCOL: Protocol = {
  rounds: 2,
  summaries: true,
  critics: true,
  summarizer: 'base',
  sampling: DEFAULT_SAMPLING,
};

const DEFAULT_AGENTS = 3;

/**
 * A new society whose only revision is current.
 * @throws ParleyError INVALID_ARGUMENT naming the field and its limit.
 */
export function newSociety(spec: SocietySpec, createdAt: string): Society {
  const { name, base, agents = DEFAULT_AGENTS } = spec;
  if (!SOCIETY_NAME.test(name))
    throw invalid(
      'name',
      `${JSON.stringify(name.slice(0, 80))} must be 1 to 63 of a–z, 0–9 and '-', and not begin with '-'`,
    );
  if (base === '' || base.length > SOCIETY_LIMITS.base)
    throw invalid(
      'base',
      `must be the name, of at most ${SOCIETY_LIMITS.base} characters, under which engines serve the base model`,
    );
  checkCount('agents', agents, SOCIETY_LIMITS.agents);
  const protocol = completeProtocol(spec.protocol);
  return { name, base, agents, protocol, current: 1, latest: 1, newestPromoted: 1, createdAt };
}

function completeProtocol(given: SocietySpec['protocol'] = {}): Protocol {
  const { summarizer = DEFAULT_PROTOCOL.summarizer, sampling, prompts: own = {}, ...rest } = given;
  if (summarizer !== 'base' && summarizer !== 'critic')
    throw invalid(
      'protocol.summarizer',
      `${JSON.stringify(summarizer.slice(0, 80))} must be base or critic`,
    );
  const prompts = completePrompts(own, 'protocol.prompts');
  const protocol: Protocol = {
    ...DEFAULT_PROTOCOL,
    ...rest,
    summarizer,
    sampling: checkSampling({ ...DEFAULT_SAMPLING, ...sampling }, 'protocol.sampling'),
    ...(prompts.version === DEFAULT_PROMPTS.version ? {} : { prompts }),
  };
  checkCount('protocol.rounds', protocol.rounds, SOCIETY_LIMITS.rounds);
  return protocol;
}

function checkCount(field: string, count: number, limit: number): void {
  if (!(Number.isInteger(count) && count >= 1 && count <= limit))
    throw invalid(field, `${count} must be an integer from 1 to ${limit}`);
}

/** The prompts of a society: its own, or the default ones. */
export function promptsOf({ protocol }: Pick<Society, 'protocol'>): Prompts {
  return protocol.prompts ?? DEFAULT_PROMPTS;
}

/** The seats of n agents: `gen-1` … `gen-n`, `critic-1` … `critic-n`. */
export function seats(n: number): string[] {
  const positions = Array.from({ length: n }, (_, index) => index + 1);
  return [
    ...positions.map((position) => `gen-${position}`),
    ...positions.map((position) => `critic-${position}`),
  ];
}
