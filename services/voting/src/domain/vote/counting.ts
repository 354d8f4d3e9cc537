import { byText } from './order.ts';
import { keyOf, type Named, type Reading } from './reading.ts';
import { learnedWeight } from './record.ts';
import type { Ballot, Group, VoteRequest } from './vote.ts';

/** A group as it was counted. */
export type Counted = {
  group: Group;
  /** Where an answer of it is named first, counted over all answers in the order of the ballots. */
  first: number;
};

/** The groups of a vote, heaviest first, and of every agent with an answer the group that it belongs to. */
export type Count = {
  groups: Counted[];
  groupOf: Map<string, Group>;
  /** Whether any ballot with an answer counts; where all weigh 0, nobody has won. */
  hasSay: boolean;
};

/** A ballot with an answer, as it is counted: the groups that it ranks, the best first. */
type Choice = { agent: string; weight: number; places: [Counted, ...Counted[]] };

/** Significant digits of a weight: sums that differ by the rounding of floating point alone are equal weights. */
const WEIGHT_DIGITS = 12;

/** Counts the ballots by the method of the vote. */
export function countBallots(
  request: VoteRequest,
  readings: readonly Reading[],
  grouped: readonly (readonly Named[])[],
): Count {
  const groups = grouped.map(uncounted);
  const choices = choicesOf(request, readings, groupByKey(grouped, groups));
  const groupOf = new Map<string, Group>();
  for (const { agent, weight, places } of choices) {
    const { group } = places[0];
    group.members.push(agent);
    groupOf.set(agent, group);
    if (request.method !== 'borda') group.weight += weight;
  }
  if (request.method === 'borda') addPoints(groups, choices);
  for (const { group } of groups) group.weight = rounded(group.weight);
  groups.sort(heaviestFirst);
  return { groups, groupOf, hasSay: choices.some(({ weight }) => weight > 0) };
}

function uncounted(named: readonly Named[]): Counted {
  const [shown] = named.toSorted(
    (a, b) =>
      b.times - a.times ||
      a.answer.text.length - b.answer.text.length ||
      byText(a.answer.text, b.answer.text),
  );
  return {
    group: { answer: shown?.answer.text ?? '', members: [], weight: 0 },
    first: Math.min(...named.map(({ first }) => first)),
  };
}

function groupByKey(
  grouped: readonly (readonly Named[])[],
  groups: readonly Counted[],
): Map<string, Counted> {
  const byKey = new Map<string, Counted>();
  for (const [index, group] of groups.entries())
    for (const { answer } of grouped[index] ?? []) byKey.set(keyOf(answer), group);
  return byKey;
}

/** By name, so that weights are added up in one order whatever that of the ballots. */
function choicesOf(
  request: VoteRequest,
  readings: readonly Reading[],
  byKey: ReadonlyMap<string, Counted>,
): Choice[] {
  const choices: Choice[] = [];
  for (const { ballot, answers } of readings) {
    const ranked = answers.flatMap(({ answer }) => byKey.get(keyOf(answer)) ?? []);
    const [best, ...others] = new Set(ranked);
    if (best === undefined) continue;
    const weight = weightOf(request, ballot);
    choices.push({ agent: ballot.agent, weight, places: [best, ...others] });
  }
  return choices.sort((a, b) => byText(a.agent, b.agent));
}

function weightOf({ method, record }: VoteRequest, { agent, weight = 1 }: Ballot): number {
  switch (method) {
    case 'weighted':
      return weight;
    case 'learned':
      return learnedWeight(record?.get(agent));
    case 'plurality':
    case 'borda':
      return 1;
    default:
      return method satisfies never;
  }
}

function rounded(weight: number): number {
  return Number.isInteger(weight) ? weight : Number(weight.toPrecision(WEIGHT_DIGITS));
}

/**
 * Of m groups the one in place p, from 0, gets m − 1 − p points: one for each below it (Borda, Mémoire sur les
 * élections au scrutin, 1781). Groups that a ballot does not rank share what is left, half a point for each other one,
 * so all ballots give as many points (the average rule for truncated ballots). Sums of halves are exact.
 */
function addPoints(groups: readonly Counted[], choices: readonly Choice[]): void {
  let unranked = 0;
  for (const { places } of choices) {
    const share = (groups.length - places.length - 1) / 2;
    unranked += share;
    for (const [place, { group }] of places.entries())
      group.weight += groups.length - 1 - place - share;
  }
  for (const { group } of groups) group.weight += unranked;
}

function heaviestFirst({ group: a }: Counted, { group: b }: Counted): number {
  const byMembers = Number(a.members.length === 0) - Number(b.members.length === 0);
  return (
    b.weight - a.weight ||
    byMembers ||
    byText(a.members[0] ?? '', b.members[0] ?? '') ||
    byText(a.answer, b.answer)
  );
}
