import type { MessageInitShape } from '@bufbuild/protobuf';
import { invalid } from '@parley/platform';
import type {
  AnswerGroupSchema,
  ExtractionSchema,
  GradeSchema,
  Settings as SettingsMessage,
  TallyRequest,
  VoteSchema,
} from '@parley/proto/voting';
import type { Extraction } from '../domain/answer.ts';
import { SETTINGS } from '../domain/settings.ts';
import type { Grade } from '../domain/vote/grade.ts';
import type { Vote } from '../domain/vote/vote.ts';
import type { AskedVote } from '../requests.ts';

/** A vote as the message asks for it; `at` stands before the names of fields in errors. */
export function askedVote(message: TallyRequest, at: string): AskedVote {
  const { policy, method, tie, quorum, record, judge, settings, seed } = message;
  if (seed > BigInt(Number.MAX_SAFE_INTEGER))
    throw invalid(`${at}seed`, `${seed} must be at most ${Number.MAX_SAFE_INTEGER}`);
  return {
    policy,
    settings: givenSettings(settings),
    method,
    tie,
    seed: Number(seed),
    quorum,
    ...(Object.keys(record).length > 0 ? { record } : {}),
    ...(judge ? { judge } : {}),
    ballots: message.ballots.map(({ agent, response, weight, ranking }) => ({
      agent,
      response,
      ...(weight === undefined ? {} : { weight }),
      ...(ranking.length > 0 ? { ranking } : {}),
    })),
  };
}

/** The settings that a message gives. */
export function givenSettings(message: SettingsMessage | undefined): Record<string, unknown> {
  const given = Object.entries(message ?? {}).filter(
    ([name, value]) => Object.hasOwn(SETTINGS, name) && value !== undefined,
  );
  return Object.fromEntries(given);
}

export function extractionMessage(
  extraction: Extraction | undefined,
  agent = '',
): MessageInitShape<typeof ExtractionSchema> {
  if (extraction === undefined) return { agent };
  const { answer, rule, from, to } = extraction;
  return { agent, answer: answer.text, rule, from, to };
}

export function gradeMessage(grade: Grade): MessageInitShape<typeof GradeSchema> {
  const { equal, rule, unknown, answer, reference } = grade;
  return {
    equal,
    rule,
    unknown,
    answer: extractionMessage(answer),
    reference: extractionMessage(reference),
  };
}

export function voteMessage(vote: Vote): MessageInitShape<typeof VoteSchema> {
  const { winner, extractions, agreement, ...rest } = vote;
  return {
    ...rest,
    ...(winner === null ? {} : { winner: winner as MessageInitShape<typeof AnswerGroupSchema> }),
    extractions: extractions.map(({ agent, extraction }) => extractionMessage(extraction, agent)),
    agreement: {
      agents: agreement.agents,
      rows: agreement.matrix.map((row) => ({ with: row })),
    },
  };
}
