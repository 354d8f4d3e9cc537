import { invalid, ParleyError, type Prompts, type Task } from '@parley/platform';

/** How an agent samples. */
export type Sampling = { temperature: number; topP: number; maxTokens: number };

/** How a society debates. */
export type Protocol = {
  rounds: number;
  /** Critics read a summary of the others' answers; false: the raw answers. */
  summaries: boolean;
  /** Critic agents answer from round 2 on; false: the generation agents go on. */
  critics: boolean;
  /** Who writes summaries. */
  summarizer: 'base' | 'critic';
  sampling: Sampling;
};

/** Prompt and completion tokens over all calls, and seconds from acceptance; 0 is no limit. */
export type Budget = { tokens: number; deadlineSeconds: number };

export const PRIORITIES = ['interactive', 'batch'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** A debate as it runs: nothing is left to look up. */
export type DebateSpec = {
  society: string;
  /** The pinned revision. */
  revision: number;
  /** N */
  agents: number;
  question: string;
  task: Task;
  seed: number;
  protocol: Protocol;
  /** The society's own; absent: the default ones. */
  prompts?: Prompts;
  budget: Budget;
  earlyStop: boolean;
  priority: Priority;
  batch: string;
  collection: string;
  problemId: string;
};

export type ProtocolOverride = Partial<Omit<Protocol, 'sampling'>> & {
  sampling?: Partial<Sampling>;
};

/** A debate as it is asked for; what is absent is the society's, or has the default of `resolveSpec`. */
export type DebateRequest = {
  society: string;
  revision?: number;
  question: string;
  task?: Task;
  seed?: number;
  protocol?: ProtocolOverride;
  budget?: Partial<Budget>;
  earlyStop?: boolean;
  priority?: Priority;
  batch?: string;
  collection?: string;
  problemId?: string;
};

/** What a debate needs to know of its society. */
export type SocietyFacts = {
  name: string;
  agents: number;
  protocol: Protocol;
  /** Its own, complete and checked; absent: the default ones. */
  prompts?: Prompts;
  currentRevision: number;
  latestRevision: number;
};

/** The stated limits of a debate. */
export const LIMITS = {
  questionBytes: 64 * 1024,
  rounds: 8,
  agents: 16,
  /** Prompts and answers together, in UTF-8. */
  transcriptBytes: 16 * 1024 * 1024,
  seed: 2 ** 48,
  maxTokens: 131_072,
  batchProblems: 100_000,
  idLength: 128,
} as const;

/**
 * The request completed by the society's defaults and checked against the limits.
 * @param defaultSeed the seed of a request without one.
 * @throws ParleyError INVALID_ARGUMENT or LIMIT_EXCEEDED naming the field; NOT_FOUND for a revision that
 * the society does not have.
 */
export function resolveSpec(
  request: DebateRequest,
  society: SocietyFacts,
  defaultSeed: number,
): DebateSpec {
  const base = society.protocol;
  const protocol: Protocol = {
    ...base,
    ...request.protocol,
    sampling: { ...base.sampling, ...request.protocol?.sampling },
  };
  const spec: DebateSpec = {
    society: society.name,
    revision: request.revision || society.currentRevision,
    agents: society.agents,
    question: request.question,
    task: request.task ?? 'math',
    seed: request.seed ?? defaultSeed,
    protocol,
    ...(society.prompts === undefined ? {} : { prompts: society.prompts }),
    budget: { tokens: 0, deadlineSeconds: 0, ...request.budget },
    earlyStop: request.earlyStop ?? false,
    priority: request.priority ?? 'interactive',
    batch: request.batch ?? '',
    collection: request.collection ?? '',
    problemId: request.problemId ?? '',
  };
  check(spec);
  if (spec.revision > society.latestRevision)
    throw new ParleyError(
      'NOT_FOUND',
      `revision: society '${society.name}' has no revision ${spec.revision}; its latest is ${society.latestRevision}`,
      { field: 'revision' },
    );
  return spec;
}

function check(spec: DebateSpec): void {
  checkQuestion(spec.question);
  within('seed', spec.seed, 0, LIMITS.seed);
  within('revision', spec.revision, 1, 2 ** 32 - 1);
  within('protocol.rounds', spec.protocol.rounds, 1, LIMITS.rounds);
  within('protocol.sampling.maxTokens', spec.protocol.sampling.maxTokens, 1, LIMITS.maxTokens);
  within('budget.tokens', spec.budget.tokens, 0, 2 ** 32 - 1);
  const { temperature, topP } = spec.protocol.sampling;
  if (!(temperature >= 0 && temperature <= 2))
    throw invalid('protocol.sampling.temperature', `must be from 0 to 2, not ${temperature}`);
  if (!(topP > 0 && topP <= 1))
    throw invalid('protocol.sampling.topP', `must be above 0 and at most 1, not ${topP}`);
  const { deadlineSeconds } = spec.budget;
  if (!(deadlineSeconds >= 0 && deadlineSeconds <= MAX_DEADLINE_SECONDS))
    throw invalid(
      'budget.deadlineSeconds',
      `must be from 0 to ${MAX_DEADLINE_SECONDS}, not ${deadlineSeconds}`,
    );
  if (spec.agents < 1 || spec.agents > LIMITS.agents)
    throw new ParleyError(
      'LIMIT_EXCEEDED',
      `society: '${spec.society}' has ${spec.agents} agents; debates take 1 to ${LIMITS.agents}`,
      { field: 'society' },
    );
}

/** A week. */
export const MAX_DEADLINE_SECONDS = 7 * 24 * 3600;

/** @throws ParleyError INVALID_ARGUMENT for an empty question, LIMIT_EXCEEDED for one above 64 KiB. */
export function checkQuestion(question: string): void {
  if (question.trim() === '') throw invalid('question', 'must not be empty');
  const bytes = Buffer.byteLength(question);
  if (bytes > LIMITS.questionBytes)
    throw new ParleyError(
      'LIMIT_EXCEEDED',
      `question: has ${bytes} bytes; at most ${LIMITS.questionBytes} are allowed`,
      { field: 'question' },
    );
}

function within(field: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high)
    throw invalid(field, `must be a whole number from ${low} to ${high}, not ${value}`);
}
