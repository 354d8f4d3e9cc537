import { deriveSeed, seededRandom, type Task } from '@parley/platform';
import { type Extracted, extractAnswer } from './extract.ts';

/** What one agent said. */
export type Ballot = { agent: string; response: string };

/** Agents that gave one answer, in canonical form; members by name. */
export type Group = { answer: string; members: string[] };

/** The result of a vote. */
export type Vote = {
  winner: Group | null;
  /** Whether the winner was drawn among several largest groups. */
  tie: boolean;
  /** Largest first; groups of one size by their first member. */
  groups: Group[];
  /** Agents whose response has no answer: they do not vote, and stay in every denominator. */
  unextracted: string[];
  /** In the order of the ballots. */
  extractions: ({ agent: string } & Extracted)[];
  /** Share of all ballots that equal the winner; 0 without one. */
  consensus: number;
};

/**
 * Plurality over the extracted answers. Equally large largest groups are a tie, drawn by the seed among the
 * groups in the order of their answers: the order of the ballots never matters.
 */
export function tally(task: Task, ballots: readonly Ballot[], seed: number): Vote {
  const extractions = ballots.map(({ agent, response }) => ({
    agent,
    ...extractAnswer(task, response),
  }));
  const groups = grouped(extractions);
  const largest = groups.filter(({ members }) => members.length === groups[0]?.members.length);
  const winner = drawn(largest, seed);
  return {
    winner,
    tie: largest.length > 1,
    groups,
    unextracted: extractions
      .filter(({ rule }) => rule === '')
      .map(({ agent }) => agent)
      .sort(),
    extractions,
    consensus: winner === null ? 0 : winner.members.length / ballots.length,
  };
}

function grouped(extractions: Vote['extractions']): Group[] {
  const members = new Map<string, string[]>();
  for (const { agent, answer, rule } of extractions) {
    if (rule === '') continue;
    const group = members.get(answer);
    if (group) group.push(agent);
    else members.set(answer, [agent]);
  }
  return [...members]
    .map(([answer, agents]) => ({ answer, members: agents.sort() }))
    .sort((a, b) => b.members.length - a.members.length || compare(a.members[0], b.members[0]));
}

function drawn(largest: readonly Group[], seed: number): Group | null {
  if (largest.length < 2) return largest[0] ?? null;
  const ordered = largest.toSorted((a, b) => compare(a.answer, b.answer));
  const random = seededRandom(deriveSeed(seed, 'tie'));
  return ordered[Math.floor(random() * ordered.length)] ?? null;
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
