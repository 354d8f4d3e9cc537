import { invalid, ParleyError } from '@parley/platform';
import { MAX_ANSWER } from './domain/answer.ts';
import { type Policy, policyOf } from './domain/policy.ts';
import type { Pair } from './domain/vote/grade.ts';
import {
  type AgentRecord,
  type Ballot,
  METHODS,
  TIES,
  type VoteRequest,
} from './domain/vote/vote.ts';
import {
  MAX_AGENT,
  MAX_ALL_BALLOTS,
  MAX_BALLOTS,
  MAX_ITEMS,
  MAX_QUESTION,
  MAX_RANKING,
  MAX_RESPONSE,
  MAX_WEIGHT,
} from './limits.ts';

/** Who is asked when a vote ties: a society's base model, and what it is asked. */
export type JudgeQuestion = { society: string; question: string };

/** A vote as a request asks for it; what is absent has its default. */
export type AskedVote = {
  policy: string;
  settings?: Readonly<Record<string, unknown>>;
  method?: string;
  tie?: string;
  seed?: number;
  quorum?: number;
  record?: Readonly<Record<string, AgentRecord>>;
  judge?: JudgeQuestion;
  ballots: readonly Ballot[];
};

/** A vote that can be held. */
export type ReadVote = VoteRequest & { judge?: JudgeQuestion };

/** Answers of one request that are read by one policy. */
export type Under<T> = { policy: Policy; items: readonly T[] };

/**
 * A vote, checked. `at` stands before the names of fields in errors.
 * @throws ParleyError INVALID_ARGUMENT or LIMIT_EXCEEDED naming the field and what would be right.
 */
export function readVote(asked: AskedVote, at: string): ReadVote {
  const { ballots, judge, record, seed = 0, quorum = 0 } = asked;
  const tie = oneOf(`${at}tie`, asked.tie, TIES);
  checkCount(`${at}ballots`, ballots.length, MAX_BALLOTS);
  if (ballots.length === 0) throw invalid(`${at}ballots`, 'must have at least one ballot');
  checkBallots(ballots, `${at}ballots`);
  if (judge) checkLength(`${at}judge.question`, judge.question, MAX_QUESTION);
  if (tie === 'judge' && judge === undefined)
    throw invalid(`${at}judge`, "is required for the tie policy 'judge': a society and a question");
  return {
    policy: policyOf(asked.policy, asked.settings, at),
    ballots,
    method: oneOf(`${at}method`, asked.method, METHODS),
    tie,
    seed,
    quorum,
    ...(record ? { record: readRecord(record, `${at}record`) } : {}),
    ...(judge ? { judge } : {}),
  };
}

/** All votes of a request, checked. @throws as `readVote`. */
export function readVotes(votes: readonly AskedVote[], at: string): ReadVote[] {
  checkCount(at, votes.length, MAX_ITEMS);
  const ballots = votes.reduce((sum, vote) => sum + vote.ballots.length, 0);
  if (ballots > MAX_ALL_BALLOTS)
    throw tooMany(at, `${ballots} ballots in all votes`, MAX_ALL_BALLOTS);
  return votes.map((vote, index) => readVote(vote, `${at}.${index}.`));
}

/** Pairs to grade, checked. @throws as `readVote`. */
export function readPairs(
  asked: { policy: string; settings?: AskedVote['settings']; pairs: readonly Pair[] },
  at: string,
): Under<Pair> {
  const policy = policyOf(asked.policy, asked.settings, at);
  checkCount(`${at}pairs`, asked.pairs.length, MAX_ITEMS);
  for (const [index, { answer, reference }] of asked.pairs.entries()) {
    checkLength(`${at}pairs.${index}.answer`, answer, MAX_RESPONSE);
    checkLength(`${at}pairs.${index}.reference`, reference, MAX_RESPONSE);
  }
  return { policy, items: asked.pairs };
}

/** Responses to read, checked. @throws as `readVote`. */
export function readResponses(
  asked: { policy: string; settings?: AskedVote['settings']; responses: readonly string[] },
  at: string,
): Under<string> {
  const policy = policyOf(asked.policy, asked.settings, at);
  checkCount(`${at}responses`, asked.responses.length, MAX_ITEMS);
  for (const [index, response] of asked.responses.entries())
    checkLength(`${at}responses.${index}`, response, MAX_RESPONSE);
  return { policy, items: asked.responses };
}

/** @throws ParleyError LIMIT_EXCEEDED naming the field, the count and the limit. */
export function checkCount(field: string, count: number, limit: number): void {
  if (count > limit) throw tooMany(field, String(count), limit);
}

function checkBallots(ballots: readonly Ballot[], at: string): void {
  const agents = new Set<string>();
  for (const [index, { agent, response, weight = 1, ranking = [] }] of ballots.entries()) {
    const field = `${at}.${index}`;
    checkLength(`${field}.agent`, agent, MAX_AGENT);
    if (agents.has(agent)) throw invalid(`${field}.agent`, `'${agent}' has voted already`);
    agents.add(agent);
    checkLength(`${field}.response`, response, MAX_RESPONSE);
    if (!(weight >= 0 && weight <= MAX_WEIGHT))
      throw invalid(`${field}.weight`, `${weight} must be from 0 to ${MAX_WEIGHT}`);
    checkCount(`${field}.ranking`, ranking.length, MAX_RANKING);
    for (const [place, answer] of ranking.entries())
      checkLength(`${field}.ranking.${place}`, answer, MAX_ANSWER);
  }
}

function readRecord(
  record: Readonly<Record<string, AgentRecord>>,
  at: string,
): ReadonlyMap<string, AgentRecord> {
  const entries = Object.entries(record);
  checkCount(at, entries.length, MAX_ITEMS);
  for (const [agent, { agreed, votes }] of entries)
    if (agreed > votes)
      throw invalid(`${at}.${agent}.agreed`, `${agreed} must be at most its votes, ${votes}`);
  return new Map(entries.map(([agent, { agreed, votes }]) => [agent, { agreed, votes }]));
}

/** The first of the words where none is given. */
function oneOf<W extends string>(field: string, given = '', words: readonly [W, ...W[]]): W {
  if (given === '') return words[0];
  const found = words.find((word) => word === given);
  if (found === undefined)
    throw invalid(field, `'${given.slice(0, 80)}' must be one of ${words.join(', ')}`);
  return found;
}

function checkLength(field: string, text: string, limit: number): void {
  if (text.length > limit) throw tooMany(field, `${text.length} characters`, limit);
}

function tooMany(field: string, count: string, limit: number): ParleyError {
  return new ParleyError(
    'LIMIT_EXCEEDED',
    `${field}: ${count} are more than the limit of ${limit}`,
    { field },
  );
}
