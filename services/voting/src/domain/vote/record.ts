import type { AgentRecord, Vote } from './vote.ts';

/**
 * What an agent's ballot counts by its record: (agreed + 1) / (votes + 2), Laplace's rule of succession (Essai
 * philosophique sur les probabilités, 1814); 1/2 for an agent that has never voted.
 */
export function learnedWeight(record: AgentRecord = { agreed: 0, votes: 0 }): number {
  return (record.agreed + 1) / (record.votes + 2);
}

/**
 * Adds a vote to the record, in place: one with a winner counts for every agent whose ballot has an answer, and as
 * agreed for the winner's members.
 */
export function learn(
  record: Map<string, AgentRecord>,
  { winner, extractions }: Pick<Vote, 'winner' | 'extractions'>,
): void {
  if (winner === null) return;
  const members = new Set(winner.members);
  for (const { agent, extraction } of extractions) {
    if (extraction === undefined) continue;
    const { agreed, votes } = record.get(agent) ?? { agreed: 0, votes: 0 };
    record.set(agent, { agreed: agreed + (members.has(agent) ? 1 : 0), votes: votes + 1 });
  }
}
