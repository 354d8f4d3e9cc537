import type { Extraction } from '../answer.ts';
import type { Policy } from '../policy.ts';

/** What one agent said: a response; for ranked ballots its answers, the best first, in its place. */
export type Ballot = {
  /** A vote has one ballot of an agent. */
  agent: string;
  response: string;
  /** What the ballot counts in a weighted vote; at least 0. */
  weight?: number;
  /** Bare answers, the best first, for the method `borda`; other methods take the first that is an answer. */
  ranking?: readonly string[];
};

/**
 * How ballots are counted. `plurality`: one each (the paper's). `weighted`: by the weight on the ballot, 1 without.
 * `learned`: by how often the agent has agreed with the winner so far. `borda`: by the places in rankings.
 */
export const METHODS = ['plurality', 'weighted', 'learned', 'borda'] as const;
export type Method = (typeof METHODS)[number];

/**
 * How a tie of several largest groups ends. `random`: drawn by the seed, whatever the order of the ballots (the
 * paper's). `earliest`: the group with the earliest ballot. `none`: without a winner. `judge`: a model is asked; where
 * it gives no answer, drawn.
 */
export const TIES = ['random', 'earliest', 'none', 'judge'] as const;
export type Tie = (typeof TIES)[number];

/** How often an agent has agreed with the winner, in how many votes that had one and its answer. */
export type AgentRecord = { agreed: number; votes: number };

/** A vote to decide. */
export type VoteRequest = {
  policy: Policy;
  ballots: readonly Ballot[];
  method: Method;
  tie: Tie;
  /** Draws the winner of a tie. */
  seed: number;
  /** Ballots that must have an answer for there to be a winner. */
  quorum: number;
  /** By agent, for the method `learned`; an agent without one has never voted. */
  record?: ReadonlyMap<string, AgentRecord>;
};

/** Chooses among the answers of a tie: the index of the chosen one, undefined for none. */
export type Judge = (answers: readonly string[]) => Promise<number | undefined>;

/**
 * Agents that gave one answer; members by name. `answer` is the spelling that most of them gave (of several the
 * shortest, then the smallest). `weight` is what the method counted for it. In a ranked vote the members are those
 * that rank it first, so a group may have none.
 */
export type Group = { answer: string; members: string[]; weight: number };

/** Ballots of a vote that has an agreement matrix: it grows with their square. */
export const MAX_MATRIX = 64;

/** Unknown pairs after which a vote asks no more, since each may have cost a whole deadline. */
export const MAX_UNKNOWN = 100;

/** Unknown pairs that a vote lists. */
export const MAX_LISTED = 10;

/** The result of a vote. */
export type Vote = {
  winner: Group | null;
  /** Whether several groups were the largest. */
  tie: boolean;
  /** How the tie was broken: `random`, `earliest`, `judge`; empty where there was none, or it was left. */
  tieBreak: '' | 'random' | 'earliest' | 'judge';
  /** Heaviest first; groups of one weight by their first member, groups without members last. */
  groups: Group[];
  /** Agents whose ballot has no answer, by name: they do not vote, and stay in every denominator. */
  unextracted: string[];
  /** In the order of the ballots; of a ranking the first answer. Undefined where there is none. */
  extractions: { agent: string; extraction: Extraction | undefined }[];
  /** Share of all ballots whose answer equals the winner's; 0 without one. */
  consensus: number;
  /** The lead of the heaviest group over the next, as a share of the weight of all groups; 0 without groups, 1 for one. */
  margin: number;
  /** Shannon entropy of the groups by weight, in bits; 0 where all agree. */
  entropy: number;
  /**
   * Whether two agents gave one answer, 1 or 0, rows and columns in the order of `agents`, by name; unextracted ones
   * agree with nobody, not even themselves. Both empty in a vote of more than `MAX_MATRIX` ballots.
   */
  agreement: { agents: string[]; matrix: number[][] };
  /** Extracted answers that are not the winner's, in the order of the ballots; empty without a winner. */
  dissent: { agent: string; answer: string }[];
  /** Whether as many ballots as asked for had an answer; without that there is no winner. */
  quorum: boolean;
  /**
   * Pairs of answers about which no step could tell in time, or that were too many to be asked about; they count as
   * different. The first `MAX_LISTED` of them.
   */
  unknown: { a: string; b: string }[];
};
