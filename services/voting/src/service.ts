import { type Host, Resources, type Service } from '@parley/platform';
import { VotingService } from '@parley/proto/voting';
import { createJudges } from './adapters/judge.ts';
import type { VotingConfig } from './config.ts';
import { createVotingMetrics, registerWorkerGauges } from './metrics.ts';
import { createOperations } from './operations.ts';
import { gradeRoutes } from './routes/grades.ts';
import { policyRoutes } from './routes/policies.ts';
import { voteRoutes } from './routes/votes.ts';
import { votingRpc } from './rpc/voting.ts';
import { createSymbolicPool } from './workers/pool.ts';

/** The voting service in a host. It keeps nothing: every answer depends on the request alone. */
export async function createVoting(host: Host, config: VotingConfig): Promise<Service> {
  const resources = new Resources();
  const metrics = createVotingMetrics(host.metrics);
  const pool = await resources.acquire(
    'symbolic workers',
    () =>
      createSymbolicPool({
        workers: config.symbolicWorkers,
        deadlineMs: config.symbolicDeadlineMs,
        queue: config.symbolicQueue,
        onOutcome: metrics.symbolicPair,
      }),
    (opened) => opened.close(),
  );
  registerWorkerGauges(host.metrics, pool);
  const judges =
    config.inferenceAddress === ''
      ? undefined
      : await resources.acquire(
          'inference client',
          () => createJudges(config.inferenceAddress, metrics.countJudged),
          (client) => client.close(),
        );
  const voting = createOperations({ comparer: pool, judges, metrics });
  voteRoutes(host.http, voting, config.bodyLimit);
  gradeRoutes(host.http, voting, config.bodyLimit);
  policyRoutes(host.http, config);
  host.grpc.add(VotingService, votingRpc(voting));
  return { start: async () => {}, destroy: () => resources.release() };
}
