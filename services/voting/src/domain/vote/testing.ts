import type { Answer, Verdict } from '../answer.ts';
import { policyOf } from '../policy.ts';
import type { Equal } from './grouping.ts';
import type { Ballot, VoteRequest } from './vote.ts';

/** A vote over responses that are answers as they stand, of agents a, b, c, …; plurality, ties drawn by seed 1. */
export function voteOn(
  responses: readonly (string | Omit<Ballot, 'agent' | 'response'> | Ballot)[],
  changes: Partial<VoteRequest> = {},
): VoteRequest {
  const ballots = responses.map((given, index): Ballot => {
    const agent = String.fromCharCode(97 + index);
    return typeof given === 'string'
      ? { agent, response: given }
      : { agent, response: '', ...given };
  });
  return {
    policy: policyOf('exact'),
    ballots,
    method: 'plurality',
    tie: 'random',
    seed: 1,
    quorum: 0,
    ...changes,
  };
}

/** Equality of texts. */
export function sameText(a: Answer, b: Answer): Verdict {
  return verdict(a.text === b.text);
}

/** Equality without regard to case: spellings of one answer that only a comparison can tell. */
export function sameLetters(a: Answer, b: Answer): Verdict {
  return verdict(a.text.toLowerCase() === b.text.toLowerCase());
}

/** The same, later. */
export function later(equal: Equal): Equal {
  return async (a, b) => equal(a, b);
}

/** Nobody could tell. */
export const UNKNOWN: Verdict = { equal: false, rule: '', unknown: true };

/** A decided comparison. */
export function verdict(equal: boolean): Verdict {
  return { equal, rule: 'symbolic', unknown: false };
}
