import { after } from './after.ts';
import { countBallots } from './counting.ts';
import { type Equal, type Grouping, groupAnswers, type Pause } from './grouping.ts';
import { agreementOf, entropyOf, marginOf } from './measures.ts';
import { byText } from './order.ts';
import { distinctAnswers, type Reading, readBallot } from './reading.ts';
import { type Outcome, outcomeOf } from './ties.ts';
import type { Group, Judge, Vote, VoteRequest } from './vote.ts';

export type { Judge, VoteRequest } from './vote.ts';

/**
 * Decides a vote: reads the ballots, groups their answers by `equal`, counts them and ends ties. At once where neither
 * a comparison nor the judge has to be waited for. But for the tie policy `earliest` and the lists that are said to
 * follow the ballots, their order never matters. A judge that fails counts as one without an answer.
 * Rejects with what `equal` throws. Between two ballots and every few comparisons, `pause` says whether to wait, so that a
 * large vote need not be decided in one go.
 */
export function decide(
  request: VoteRequest,
  { equal, judge, pause }: { equal: Equal; judge?: Judge; pause?: Pause },
): Vote | Promise<Vote> {
  return after(readBallots(request, pause), (readings) =>
    after(groupAnswers(distinctAnswers(readings), equal, pause), (grouping) =>
      counted(request, readings, grouping, judge),
    ),
  );
}

function readBallots(request: VoteRequest, pause?: Pause): Reading[] | Promise<Reading[]> {
  const readings: Reading[] = [];
  function rest(): Reading[] | Promise<Reading[]> {
    for (const ballot of request.ballots.slice(readings.length)) {
      readings.push(readBallot(request, ballot));
      const turn = pause?.();
      if (turn) return turn.then(rest);
    }
    return readings;
  }
  return rest();
}

function counted(
  request: VoteRequest,
  readings: readonly Reading[],
  { groups: grouped, unknown }: Grouping,
  judge: Judge | undefined,
): Vote | Promise<Vote> {
  const count = countBallots(request, readings, grouped);
  const groups = count.groups.map(({ group }) => group);
  const quorum = count.groupOf.size >= request.quorum;
  const agents = readings.map(({ ballot }) => ballot.agent);
  return after(outcomeOf(request, count, quorum, judge), (outcome) => ({
    ...outcome,
    groups,
    unextracted: agents.filter((agent) => !count.groupOf.has(agent)).sort(byText),
    extractions: readings.map(({ ballot, answers }) => ({
      agent: ballot.agent,
      extraction: answers[0],
    })),
    consensus: consensusOf(outcome, readings.length),
    margin: marginOf(groups),
    entropy: entropyOf(groups),
    agreement: agreementOf(agents, count.groupOf),
    dissent: dissentOf(outcome, readings, count.groupOf),
    quorum,
    unknown,
  }));
}

function consensusOf({ winner }: Outcome, ballots: number): number {
  return winner === null ? 0 : winner.members.length / ballots;
}

function dissentOf(
  { winner }: Outcome,
  readings: readonly Reading[],
  groupOf: ReadonlyMap<string, Group>,
): Vote['dissent'] {
  if (winner === null) return [];
  return readings.flatMap(({ ballot: { agent }, answers: [best] }) =>
    best === undefined || groupOf.get(agent) === winner
      ? []
      : [{ agent, answer: best.answer.text }],
  );
}
