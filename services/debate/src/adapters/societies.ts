import {
  completePrompts,
  DEFAULT_PROMPTS,
  type GrpcClient,
  ParleyError,
  type Prompts,
} from '@parley/platform';
import type { InferenceService, Protocol as ProtocolMessage } from '@parley/proto/inference';
import type { Protocol, SocietyFacts } from '../domain/spec.ts';

const FRESH_MS = 5_000;
const REMEMBERED = 1_000;
const LOOKUP_DEADLINE_MS = 5_000;

/** Societies as inference knows them, remembered for at most five seconds. */
export type Societies = {
  /**
   * @param revision one that is wanted: what is remembered from before there was such a one is asked for again.
   * @throws ParleyError NOT_FOUND naming the society; UNAVAILABLE, DEADLINE_EXCEEDED.
   */
  get(name: string, revision?: number): Promise<SocietyFacts>;
  /** The society has changed: the next `get` asks again. */
  forget(name: string): void;
};

type Entry = { facts: Promise<SocietyFacts>; until: number };

/** @param now milliseconds of a clock that never goes back. */
export function societyCache(
  inference: Pick<GrpcClient<typeof InferenceService>, 'getSociety'>,
  now: () => number = () => performance.now(),
): Societies {
  const entries = new Map<string, Entry>();

  function lookUp(name: string): Promise<SocietyFacts> {
    const facts = fetchSociety(inference, name);
    const entry = { facts, until: now() + FRESH_MS };
    entries.delete(name);
    entries.set(name, entry);
    const [oldest] = entries.keys();
    if (entries.size > REMEMBERED && oldest !== undefined) entries.delete(oldest);
    facts.catch(() => {
      if (entries.get(name) === entry) entries.delete(name);
    });
    return facts;
  }

  return {
    async get(name, revision = 0) {
      const entry = entries.get(name);
      if (entry && entry.until > now()) {
        const facts = await entry.facts;
        if (facts.latestRevision >= revision) return facts;
      }
      return lookUp(name);
    },
    forget(name) {
      entries.delete(name);
    },
  };
}

async function fetchSociety(
  inference: Pick<GrpcClient<typeof InferenceService>, 'getSociety'>,
  name: string,
): Promise<SocietyFacts> {
  try {
    const { society } = await inference.getSociety({ name }, { deadlineMs: LOOKUP_DEADLINE_MS });
    if (!society?.protocol)
      throw new ParleyError(
        'DATA_CORRUPT',
        `inference described society '${name}' without a protocol`,
      );
    return {
      name: society.name,
      agents: society.agents,
      protocol: protocolOf(society.protocol),
      ...promptsOf(society.protocol, name),
      currentRevision: society.currentRevision,
      latestRevision: society.latestRevision,
    };
  } catch (cause) {
    const error = ParleyError.from(cause);
    if (error.reason !== 'NOT_FOUND') throw error;
    throw new ParleyError('NOT_FOUND', `society: there is no society '${name}'`, {
      field: 'society',
      cause,
    });
  }
}

/** The society's prompts, unless they are the default's or it is described by an inference that knows of none. */
function promptsOf({ prompts }: ProtocolMessage, society: string): { prompts?: Prompts } {
  if (prompts === undefined) return {};
  try {
    const complete = completePrompts(prompts, 'prompts');
    return complete.version === DEFAULT_PROMPTS.version ? {} : { prompts: complete };
  } catch (cause) {
    throw new ParleyError(
      'DATA_CORRUPT',
      `inference described society '${society}' with prompts that cannot be used: ${ParleyError.from(cause).message}`,
      { cause },
    );
  }
}

function protocolOf(message: ProtocolMessage): Protocol {
  const { rounds, summaries, critics, summarizer, sampling } = message;
  return {
    rounds,
    summaries,
    critics,
    summarizer: summarizer === 'critic' ? 'critic' : 'base',
    sampling: {
      temperature: sampling?.temperature ?? 1,
      topP: sampling?.topP || 1,
      maxTokens: sampling?.maxTokens || 2048,
    },
  };
}
