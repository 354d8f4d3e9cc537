import type { Host, Service } from '@parley/platform';
import { VotingService } from '@parley/proto/voting';
import type { VotingConfig } from './config.ts';
import { createVotingMetrics } from './metrics.ts';
import { gradeRoutes } from './routes/grades.ts';
import { voteRoutes } from './routes/votes.ts';
import { votingRpc } from './rpc/voting.ts';

/** The voting service in a host. It owns nothing: every answer depends on the request alone. */
export async function createVoting(
  host: Host,
  { bodyLimit }: Pick<VotingConfig, 'bodyLimit'>,
): Promise<Service> {
  const metrics = createVotingMetrics(host.metrics);
  voteRoutes(host.http, metrics, bodyLimit);
  gradeRoutes(host.http, metrics, bodyLimit);
  host.grpc.add(VotingService, votingRpc(metrics));
  return { start: async () => {}, destroy: async () => {} };
}
