import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { createDataset, envToDatasetConfig } from '@parley/dataset';
import {
  createGrpcClient,
  createHost,
  type Host,
  openArtifacts,
  openEvents,
  TOPICS,
} from '@parley/platform';
import { DatasetService } from '@parley/proto/dataset';
import { DebateEndedSchema } from '@parley/proto/debate';
import { VotingService } from '@parley/proto/voting';
import { createVoting, envToVotingConfig } from '@parley/voting';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** What three agents say in two rounds; spelled differently, equal as numbers or by algebra. */
const DEBATES = [
  {
    problemId: 'train-00001',
    answer: '1800',
    rounds: [
      ['So \\boxed{1,800}.', 'The answer is $1800.00.', 'It is 1700.'],
      ['#### 1800', 'Answer: 1,800 dollars', '\\boxed{3600/2}'],
    ],
  },
  {
    problemId: 'train-00002',
    answer: '0.5',
    rounds: [
      ['\\boxed{\\frac{1}{2}}', 'I cannot say.', 'Answer: 2/4'],
      ['.50', 'The final answer is 1/2.', 'about 0.25'],
    ],
  },
  {
    problemId: 'train-00003',
    answer: '\\frac{\\sqrt{3}}{2}',
    rounds: [
      ['\\boxed{\\sqrt{3/4}}', '\\boxed{\\sqrt{3}}', '\\boxed{\\sin 60^\\circ}'],
      ['\\boxed{\\frac{\\sqrt{3}}{2}}', '\\boxed{\\frac{\\sqrt3}{2}}', 'I cannot say.'],
    ],
  },
];

let dir: string;
let host: Host;
let http: string;
let grpc: string;
/** Run last-in first-out at the end. */
const releases: (() => unknown)[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dataset-voting-'));
  const environment = {
    PARLEY_HTTP_PORT: '0',
    PARLEY_GRPC_PORT: '0',
    PARLEY_ADMIN_PORT: '0',
    PARLEY_LOG_LEVEL: 'silent',
    PARLEY_STORE: `sqlite:${dir}/parley.db`,
    PARLEY_EVENTS: `sqlite:${dir}/parley.db`,
    PARLEY_ARTIFACTS: `file:${dir}/artifacts`,
  };
  const votingConfig = envToVotingConfig(environment);
  const votingHost = await createHost('voting', votingConfig);
  const voting = await createVoting(votingHost, votingConfig);
  const votingAddress = (await votingHost.start([voting])).grpc;
  const config = envToDatasetConfig({ ...environment, PARLEY_VOTING_ADDRESS: votingAddress });
  host = await createHost('dataset', config);
  const addresses = await host.start([await createDataset(host, config)]);
  http = addresses.http;
  grpc = addresses.grpc;
  releases.push(
    () => votingHost.stop(),
    () => host.stop(),
  );
  const vote = createGrpcClient(VotingService, {
    address: votingAddress,
    defaultDeadlineMs: 5_000,
  });
  releases.push(() => vote.close());
  await prepare(config, vote);
});

afterAll(async () => {
  for (const release of releases.toReversed()) await release();
  await rm(dir, { recursive: true, force: true });
});

async function prepare(
  config: ReturnType<typeof envToDatasetConfig>,
  voting: ReturnType<typeof createGrpcClient<typeof VotingService>>,
): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await fetch(`${http}/v1/problem-sets`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ name: 'sums', task: 'math' }),
  });
  await fetch(`${http}/v1/problem-sets/sums/splits/train`, {
    method: 'PUT',
    headers: { 'content-type': 'application/x-ndjson' },
    body: DEBATES.map(({ problemId }) => `{"question":"${problemId}?","answer":"#### 1"}\n`).join(
      '',
    ),
  });
  await fetch(`${http}/v1/collections`, {
    method: 'POST',
    headers,
    body: JSON.stringify({
      id: 'run',
      purpose: 'training',
      problemSet: 'sums',
      split: 'train',
      society: 'trio',
      revision: 1,
      agents: 3,
    }),
  });
  const artifacts = await openArtifacts(config.artifacts);
  const events = await openEvents(config.events);
  releases.push(() => events.close());
  for (const [index, { problemId, rounds }] of DEBATES.entries()) {
    const debate = `d${index}`;
    const turns = rounds.flatMap((texts, round) =>
      texts.map((text, place) => ({
        kind: 'answer',
        round: round + 1,
        position: place + 1,
        seat: `${round === 0 ? 'gen' : 'critic'}-${place + 1}`,
        prompt: `round ${round + 1}`,
        text,
        failure: '',
      })),
    );
    const ballots = turns.slice(3).map(({ seat, text }) => ({ agent: seat, response: text }));
    const { vote } = await voting.tally({ policy: 'math', ballots, seed: 1n });
    const { uri, sha256 } = await artifacts.put(
      `debates/${debate}.json`,
      Buffer.from(
        JSON.stringify({
          version: 1,
          debate,
          problemId,
          task: 'math',
          agents: 3,
          status: 'completed',
          turns,
          vote: {
            answer: vote?.winner?.answer ?? null,
            members: vote?.winner?.members ?? [],
            extractions: vote?.extractions.map(({ agent, answer }) => ({ agent, answer })),
            tie: vote?.tie,
            consensus: vote?.consensus,
          },
          usage: { promptTokens: 1, completionTokens: 1 },
        }),
      ),
    );
    const ended = create(DebateEndedSchema, {
      debate,
      collection: 'run',
      problemId,
      society: 'trio',
      revision: 1,
      status: 'completed',
      transcriptUri: uri,
      transcriptSha256: sha256,
    });
    await events.publish([
      {
        id: debate,
        topic: TOPICS.debatesEnded,
        key: 'run',
        type: DebateEndedSchema.typeName,
        source: 'debate',
        time: new Date().toISOString(),
        data: toBinary(DebateEndedSchema, ended),
      },
    ]);
  }
}

it('takes as equal what voting takes as equal, however it is spelled', async () => {
  const client = createGrpcClient(DatasetService, { address: grpc, defaultDeadlineMs: 10_000 });
  releases.push(() => client.close());
  await expect
    .poll(async () => (await client.getCollection({ id: 'run' })).collection?.filled)
    .toBe(true);
  const { datasets } = await client.seal({
    collection: 'run',
    weight: 0.5,
    seed: 1n,
    pooling: 'seat',
  });
  const used = Object.fromEntries(datasets.map(({ seat, pools }) => [seat, pools]));
  expect(used).toMatchObject({
    'gen-1': { generation: 3 },
    'gen-2': { generation: 1 },
    'gen-3': { generation: 2 },
    'critic-1': { corrected: 0, kept: 0 },
    'critic-2': { corrected: 1, kept: 1 },
    'critic-3': { corrected: 0, kept: 0 },
  });
  const results = [];
  for await (const { answer, consensus } of client.streamResults({ collection: 'run' }))
    results.push({ answer, consensus });
  expect(results.map(({ answer }) => answer)).toEqual(DEBATES.map(({ answer }) => answer));
  expect(results[1]?.consensus).toBeCloseTo(2 / 3);
});
