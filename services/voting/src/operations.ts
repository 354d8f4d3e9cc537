import { ParleyError } from '@parley/platform';
import type { Judges } from './adapters/judge.ts';
import type { Answer, Extraction } from './domain/answer.ts';
import { extractAnswer } from './domain/extraction/extract.ts';
import { after } from './domain/vote/after.ts';
import { decide } from './domain/vote/decide.ts';
import { type Grade, gradePair, type Pair } from './domain/vote/grade.ts';
import { learn } from './domain/vote/record.ts';
import type { AgentRecord, Vote } from './domain/vote/vote.ts';
import { type Comparer, createEquality, shareOf } from './equality.ts';
import type { VotingMetrics } from './metrics.ts';
import type { ReadVote, Under } from './requests.ts';
import { beginSlice, inOrder } from './slices.ts';

/**
 * What the service does, whatever the transport. Results come in order, each as soon as it is there; they throw the
 * reason of the signal once it is aborted, and ParleyError OVERLOADED when too much waits for the workers.
 */
export type Operations = {
  extractions(
    responses: Under<string>,
    signal: AbortSignal,
  ): AsyncGenerator<Extraction | undefined>;
  grades(pairs: Under<Pair>, signal: AbortSignal): AsyncGenerator<Grade>;
  votes(votes: readonly ReadVote[], signal: AbortSignal): AsyncGenerator<Vote>;
};

/** Voting over these workers; without `judges` a vote that wants one is refused as NOT_CONFIGURED. */
export function createOperations(parts: {
  comparer: Comparer;
  judges: Judges | undefined;
  metrics: VotingMetrics;
}): Operations {
  const { comparer, judges, metrics } = parts;
  const equality = () => createEquality(shareOf(comparer), metrics.countVerdict);

  return {
    extractions: ({ policy, items }, signal) =>
      inOrder(items, (response) => extractAnswer(policy, response), signal),

    grades({ policy, items }, signal) {
      const equal = equality();
      return inOrder(
        items,
        (pair, _index, stop) =>
          after(
            gradePair(policy, pair, (a, b) => equal(policy, a, b, stop)),
            (grade) => {
              metrics.countGrade(grade.equal);
              return grade;
            },
          ),
        signal,
      );
    },

    votes(votes, signal) {
      if (judges === undefined && votes.some(({ tie }) => tie === 'judge'))
        throw new ParleyError(
          'NOT_CONFIGURED',
          "tie: 'judge' needs PARLEY_INFERENCE_ADDRESS to be set; random, earliest and none work without",
          { field: 'tie' },
        );
      const equal = equality();
      const hold = inTurn((vote: ReadVote, stop: AbortSignal) => {
        const { judge, policy } = vote;
        const parts = {
          equal: (a: Answer, b: Answer) => equal(policy, a, b, stop),
          pause: beginSlice(stop),
          ...(judge && judges
            ? { judge: (answers: readonly string[]) => judges.ask(judge, answers, stop) }
            : {}),
        };
        return decide(vote, parts);
      });
      return inOrder(
        votes,
        (vote, _index, stop) =>
          after(hold(vote, stop), (result) => {
            metrics.countVote(result);
            return result;
          }),
        signal,
      );
    },
  };
}

type Hold = (vote: ReadVote, stop: AbortSignal) => Vote | Promise<Vote>;

type Learned = Map<string, AgentRecord>;

/**
 * Holds votes whose weights are learned one after the other: a vote without a record of its own has the record after
 * the learned vote before it. Other votes wait for none. A record is copied where a request gives one, and then
 * learns in place: the vote that read it has ended, and the next has not begun.
 */
function inTurn(hold: Hold): Hold {
  let learned: Learned | Promise<Learned> = new Map();
  return (vote, stop) => {
    if (vote.method !== 'learned') return hold(vote, stop);
    const before = vote.record ? new Map(vote.record) : learned;
    const result = after(before, (record) => hold({ ...vote, record }, stop));
    learned = after(before, (record) =>
      after(result, (held) => {
        learn(record, held);
        return record;
      }),
    );
    if (learned instanceof Promise) learned.catch(() => {});
    return result;
  };
}
