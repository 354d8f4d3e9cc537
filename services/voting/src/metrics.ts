import { Counter, type Registry } from '@parley/platform';
import type { Vote } from './domain/tally.ts';

/** What the service counts. */
export type VotingMetrics = { countVote(vote: Vote): void; countGrade(equal: boolean): void };

/** Registers the counters of votes by outcome and of graded pairs. */
export function createVotingMetrics(registry: Registry): VotingMetrics {
  const votes = new Counter({
    name: 'parley_votes_total',
    help: 'Votes by outcome: majority is a unique largest group, tie one that was drawn, none no answer',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const grades = new Counter({
    name: 'parley_grades_total',
    help: 'Graded pairs by whether the answer equals the reference',
    labelNames: ['equal'],
    registers: [registry],
  });
  return {
    countVote: ({ winner, tie }) =>
      votes.inc({ outcome: winner === null ? 'none' : tie ? 'tie' : 'majority' }),
    countGrade: (equal) => grades.inc({ equal: String(equal) }),
  };
}
