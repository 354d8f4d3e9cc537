export { envToVotingConfig, VOTING_SETTINGS, type VotingConfig } from './config.ts';
export type { Answer, EqualityRule, Extraction, Rule, Verdict } from './domain/answer.ts';
export { extractAnswer, extractReference } from './domain/extraction/extract.ts';
export { POLICIES, type Policy, policyOf } from './domain/policy.ts';
export { decide } from './domain/vote/decide.ts';
export type { Ballot, Group, Vote, VoteRequest } from './domain/vote/vote.ts';
export { createVoting } from './service.ts';
