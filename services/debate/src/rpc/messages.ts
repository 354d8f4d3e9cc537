import type { MessageInitShape } from '@bufbuild/protobuf';
import { invalid, TASKS } from '@parley/platform';
import type {
  DebateSchema,
  DebateSpec as DebateSpecMessage,
  DebatesRequested,
  TurnSchema,
} from '@parley/proto/debate';
import type { Protocol as ProtocolMessage } from '@parley/proto/inference';
import type { BatchRequest } from '../domain/batch.ts';
import { promptsOf } from '../domain/prompts.ts';
import { type DebateRecord, hasEnded, type Vote } from '../domain/record.ts';
import { type DebateRequest, LIMITS, PRIORITIES, type ProtocolOverride } from '../domain/spec.ts';
import type { Turn } from '../domain/turn.ts';

/**
 * A debate as asked for by gRPC. In a protocol that is there, 0 rounds, an empty summarizer and absent
 * sampling are the society's; `summaries` and `critics` count as they are. Prompts are the society's always.
 * @throws ParleyError INVALID_ARGUMENT naming the field.
 */
export function requestOf(spec: DebateSpecMessage | undefined): DebateRequest {
  if (!spec) throw invalid('spec', 'must be given');
  if (spec.society === '') throw invalid('spec.society', 'must not be empty');
  return {
    society: spec.society,
    ...(spec.revision > 0 ? { revision: spec.revision } : {}),
    question: spec.question,
    ...optional('task', oneOf('spec.task', spec.task, TASKS)),
    seed: seedOf('spec.seed', spec.seed),
    ...optional('protocol', spec.protocol && protocolOf(spec.protocol)),
    ...(spec.budget
      ? { budget: { tokens: spec.budget.tokens, deadlineSeconds: spec.budget.deadlineSeconds } }
      : {}),
    earlyStop: spec.earlyStop,
    ...optional('priority', oneOf('spec.priority', spec.priority, PRIORITIES)),
    batch: spec.batch,
    collection: spec.collection,
    problemId: spec.problemId,
  };
}

/**
 * A batch as asked for by event.
 * @throws ParleyError INVALID_ARGUMENT naming the field.
 */
export function batchOf(message: DebatesRequested): BatchRequest {
  const {
    question: _question,
    problemId: _problem,
    seed: _seed,
    priority: _priority,
    ...template
  } = requestOf(message.template);
  return {
    batch: message.batch,
    template: { ...template, batch: message.batch, collection: message.collection },
    problems: { uri: message.problemsUri, sha256: message.problemsSha256 },
    seed: seedOf('seed', message.seed),
  };
}

function protocolOf(message: ProtocolMessage): ProtocolOverride {
  const { rounds, summaries, critics, sampling, prompts } = message;
  if (prompts !== undefined)
    throw invalid(
      'spec.protocol.prompts',
      'must be left out: the prompts are those of the society, which a debate cannot change',
    );
  const summarizer = oneOf('spec.protocol.summarizer', message.summarizer, SUMMARIZERS);
  return {
    ...(rounds > 0 ? { rounds } : {}),
    summaries,
    critics,
    ...optional('summarizer', summarizer),
    ...(sampling
      ? {
          sampling: {
            temperature: sampling.temperature,
            ...(sampling.topP > 0 ? { topP: sampling.topP } : {}),
            ...(sampling.maxTokens > 0 ? { maxTokens: sampling.maxTokens } : {}),
          },
        }
      : {}),
  };
}

const SUMMARIZERS = ['base', 'critic'] as const;

/** A debate's record as a message. */
export function debateMessage(record: DebateRecord): MessageInitShape<typeof DebateSchema> {
  const { spec, vote, transcript } = record;
  const { agents: _agents, prompts: _prompts, ...said } = spec;
  return {
    id: record.id,
    spec: { ...said, seed: BigInt(spec.seed) },
    status: record.status,
    reason: record.reason,
    createdAt: new Date(record.createdAt).toISOString(),
    endedAt: hasEnded(record) ? new Date(record.endedAt).toISOString() : '',
    ...optional('vote', vote ? voteMessage(vote) : undefined),
    ...record.usage,
    transcriptUri: transcript?.uri ?? '',
    transcriptSha256: transcript?.sha256 ?? '',
    promptsVersion: promptsOf(spec).version,
  };
}

/** A turn as a message. */
export function turnMessage(turn: Turn): MessageInitShape<typeof TurnSchema> {
  const { kind, round, position, seat, text, failure, servedName, adapterSha256, engine } = turn;
  const { promptTokens, completionTokens, latencyMs } = turn;
  return {
    kind,
    round,
    position,
    seat,
    text,
    failure,
    servedName,
    adapterSha256,
    engine,
    promptTokens,
    completionTokens,
    latencyMs,
    seed: BigInt(turn.seed),
  };
}

function voteMessage({ answer, members, ...rest }: Vote) {
  return { ...rest, ...optional('winner', answer === null ? undefined : { answer, members }) };
}

function seedOf(field: string, seed: bigint): number {
  if (seed > BigInt(LIMITS.seed))
    throw invalid(field, `must be at most ${LIMITS.seed}, not ${seed}`);
  return Number(seed);
}

function oneOf<T extends string>(
  field: string,
  text: string,
  allowed: readonly T[],
): T | undefined {
  if (text === '') return undefined;
  const found = allowed.find((one) => one === text);
  if (found === undefined)
    throw invalid(field, `must be one of ${allowed.join(', ')}, not '${text.slice(0, 80)}'`);
  return found;
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}
