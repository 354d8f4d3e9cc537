import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { createDataset, envToDatasetConfig } from '@parley/dataset';
import {
  createGrpcClient,
  createHost,
  envToConfig,
  HOST_SETTINGS,
  openArtifacts,
  openEvents,
  TOPICS,
} from '@parley/platform';
import { DatasetService } from '@parley/proto/dataset';
import { DebateEndedSchema } from '@parley/proto/debate';
import { freePort } from '@parley/suite';
import { createVoting, envToVotingConfig } from '@parley/voting';

export type AssemblyResult = { transcripts: number; rows: number; seconds: number };

const TRANSCRIPTS = 4000;
const SEATS = [1, 2, 3];

/**
 * Seals a collection of debates whose transcripts lie on disk, by the real dataset and voting services, and
 * counts the rows. Half of the positions are right at once, half of the others correct themselves.
 */
export async function measureAssembly(): Promise<AssemblyResult> {
  const data = mkdtempSync(join(tmpdir(), 'parley-assembly-'));
  const port = await freePort('127.0.0.1');
  const environment = {
    PARLEY_STORE: `sqlite:${data}/parley.db`,
    PARLEY_EVENTS: `sqlite:${data}/parley.db`,
    PARLEY_ARTIFACTS: `file:${data}/artifacts`,
    PARLEY_VOTING_ADDRESS: `127.0.0.1:${port}`,
    PARLEY_GRPC_PORT: String(port),
    PARLEY_HTTP_PORT: '0',
    PARLEY_ADMIN_PORT: '0',
    PARLEY_LOG_LEVEL: 'error',
  };
  const host = await createHost('bench', envToConfig(environment, HOST_SETTINGS));
  const voting = await createVoting(host, envToVotingConfig(environment));
  const dataset = await createDataset(host, envToDatasetConfig(environment));
  await host.start([voting, dataset]);
  const client = createGrpcClient(DatasetService, {
    address: `127.0.0.1:${port}`,
    defaultDeadlineMs: 120_000,
  });
  try {
    await client.createProblemSet({
      name: 'bench',
      task: 'arithmetic',
      arithmetic: { seed: 1n, train: TRANSCRIPTS, evaluation: 1, operandMax: 30 },
    });
    const { split } = await client.openCollection({
      id: 'bench',
      purpose: 'training',
      problemSet: 'bench',
      split: 'train',
      society: 'bench',
      revision: 1,
      agents: SEATS.length,
    });
    await writeDebates(environment, split?.uri ?? '');
    while (!(await client.getCollection({ id: 'bench' })).collection?.filled) await delay(20);
    const start = performance.now();
    const { datasets } = await client.seal({
      collection: 'bench',
      weight: 0.5,
      seed: 1n,
      pooling: 'seat',
    });
    const seconds = (performance.now() - start) / 1000;
    return {
      transcripts: TRANSCRIPTS,
      rows: datasets.reduce((sum, one) => sum + one.rows, 0),
      seconds,
    };
  } finally {
    client.close();
    await host.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

async function writeDebates(
  environment: { PARLEY_ARTIFACTS: string; PARLEY_EVENTS: string },
  problemsUri: string,
): Promise<void> {
  const artifacts = await openArtifacts(environment.PARLEY_ARTIFACTS);
  const events = await openEvents(environment.PARLEY_EVENTS);
  const lines = Buffer.from(await artifacts.get({ uri: problemsUri }))
    .toString()
    .trim()
    .split('\n');
  const published = [];
  for (const [index, line] of lines.entries()) {
    const problem = JSON.parse(line) as { id: string; question: string };
    const debate = `bench-${problem.id}`;
    const content = Buffer.from(JSON.stringify(transcript(debate, problem, index)));
    const { uri, sha256 } = await artifacts.put(`debates/${debate}.json`, content);
    const ended = create(DebateEndedSchema, {
      debate,
      collection: 'bench',
      problemId: problem.id,
      society: 'bench',
      revision: 1,
      status: 'completed',
      answer: '42',
      transcriptUri: uri,
      transcriptSha256: sha256,
    });
    published.push({
      id: randomUUID(),
      topic: TOPICS.debatesEnded,
      key: 'bench',
      type: DebateEndedSchema.typeName,
      source: 'bench',
      time: new Date().toISOString(),
      data: toBinary(DebateEndedSchema, ended),
    });
  }
  await events.publish(published);
  await events.close();
}

function transcript(
  debate: string,
  problem: { id: string; question: string },
  index: number,
): object {
  const answer = (position: number, round: number) =>
    (index + position) % 2 === 0 || (round === 2 && (index + position) % 4 === 1)
      ? '42'
      : String(index + position);
  const text = (position: number, round: number) =>
    `Step 1: multiply. ${'The product is taken first. '.repeat(4)}\nThe final answer is \\boxed{${answer(position, round)}}.`;
  const turn = (kind: string, round: number, position: number, prompt: string, said: string) => ({
    sequence: 0,
    kind,
    round,
    position,
    seat: kind === 'summary' ? 'base' : `${round === 1 ? 'gen' : 'critic'}-${position}`,
    prompt,
    text: said,
    failure: '',
    servedName: 'base',
    adapterSha256: '',
    engine: 'http://127.0.0.1:1',
    promptTokens: 100,
    completionTokens: 60,
    seed: index,
    latencyMs: 1,
  });
  const final = SEATS.map((position) => ({
    agent: `critic-${position}`,
    answer: answer(position, 2),
    rule: 'boxed',
  }));
  const members = final.filter((one) => one.answer === '42').map((one) => one.agent);
  return {
    version: 1,
    debate,
    batch: 'bench',
    collection: 'bench',
    problemId: problem.id,
    society: 'bench',
    revision: 1,
    agents: SEATS.length,
    task: 'arithmetic',
    question: problem.question,
    seed: index,
    protocol: { rounds: 2, summaries: true, critics: true, summarizer: 'base' },
    status: 'completed',
    reason: '',
    createdAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:01.000Z',
    turns: [
      ...SEATS.map((position) =>
        turn('answer', 1, position, `${problem.question} Put it into a box.`, text(position, 1)),
      ),
      ...SEATS.map((position) =>
        turn('summary', 2, position, 'Summarise these answers.', 'Two agents answered.'),
      ),
      ...SEATS.map((position) =>
        turn('answer', 2, position, `Others said. ${problem.question}`, text(position, 2)),
      ),
    ],
    vote: {
      answer: '42',
      members,
      tie: false,
      groups: [{ answer: '42', members }],
      unextracted: [],
      extractions: final,
      consensus: members.length / SEATS.length,
    },
    usage: { promptTokens: 900, completionTokens: 540 },
  };
}
