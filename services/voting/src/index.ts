export { envToVotingConfig, VOTING_SETTINGS, type VotingConfig } from './config.ts';
export { canonicalAnswer, equalAnswers } from './domain/equal.ts';
export { type Extracted, extractAnswer, extractReference } from './domain/extract.ts';
export { type Grade, grade, type Pair } from './domain/grade.ts';
export { type Ballot, type Group, tally, type Vote } from './domain/tally.ts';
export type { Rule } from './domain/task.ts';
export { createVoting } from './service.ts';
