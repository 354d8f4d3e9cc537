import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type Artifacts,
  createGrpcClient,
  createGrpcServer,
  createHost,
  type Events,
  openArtifacts,
  openEvents,
  openStore,
  type Store,
  TOPICS,
} from '@parley/platform';
import { DatasetService } from '@parley/proto/dataset';
import { DebateEndedSchema } from '@parley/proto/debate';
import { VotingService } from '@parley/proto/voting';
import { envToDatasetConfig } from '../config.ts';
import { createDataset } from '../service.ts';
import { type ToldDebate, transcriptJson } from './transcript.ts';

/** A folder for one test's files, and how to remove it. */
export async function temporaryFolder() {
  const dir = await mkdtemp(join(tmpdir(), 'dataset-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** What stands in a box; else the text, as a bare answer. */
function boxed(text: string): string {
  return /\\boxed\{(.*?)\}/.exec(text)?.[1] ?? text;
}

/** A gRPC server that compares what stands in boxes, as voting does. */
async function startVoting() {
  const server = createGrpcServer({ host: '127.0.0.1', port: 0, onError: () => {} });
  let calls = 0;
  const unused = () => Promise.reject(new Error('not used here'));
  server.add(VotingService, {
    tally: unused,
    extract: unused,
    async grade({ pairs }) {
      calls++;
      return {
        results: pairs.map(({ answer, reference }) => ({
          equal: boxed(answer) === boxed(reference),
        })),
      };
    },
    async *tallyBatch() {},
    async *extractBatch() {},
    async *gradeBatch() {},
  });
  const port = await server.start();
  return { address: `127.0.0.1:${port}`, calls: () => calls, stop: () => server.stop(0) };
}

/** The dataset service on real adapters in a folder, beside a voting server on loopback. */
export async function startService(
  dir: string,
  options: { sealMemoryBytes?: number; wrap?: (store: Store) => Store } = {},
) {
  const voting = await startVoting();
  const config = envToDatasetConfig({
    PARLEY_HTTP_PORT: '0',
    PARLEY_GRPC_PORT: '0',
    PARLEY_ADMIN_PORT: '0',
    PARLEY_LOG_LEVEL: 'silent',
    PARLEY_STORE: `sqlite:${dir}/parley.db`,
    PARLEY_EVENTS: `sqlite:${dir}/parley.db`,
    PARLEY_ARTIFACTS: `file:${dir}/artifacts`,
    PARLEY_VOTING_ADDRESS: voting.address,
    PARLEY_DATASET_SEAL_MEMORY_BYTES: String(options.sealMemoryBytes ?? 2 ** 28),
  });
  const store = await openStore(config.store, { service: 'dataset' });
  const events = await openEvents(config.events);
  const artifacts = await openArtifacts(config.artifacts);
  const host = await createHost('dataset', config);
  const service = await createDataset(host, config, { store: options.wrap?.(store) ?? store });
  const addresses = await host.start([service]);
  const client = createGrpcClient(DatasetService, {
    address: addresses.grpc,
    defaultDeadlineMs: 10_000,
  });
  return {
    host,
    store,
    events,
    artifacts,
    client,
    votingCalls: voting.calls,
    async stop() {
      client.close();
      await host.stop();
      await voting.stop();
      await events.close();
      await store.close();
    },
  };
}

/** Writes the debates' transcripts and publishes that they have ended, in the order given. */
export async function endDebates(
  { events, artifacts }: { events: Events; artifacts: Artifacts },
  collection: string,
  debates: readonly ToldDebate[],
): Promise<void> {
  const records = [];
  for (const told of debates) {
    const status = told.status ?? 'completed';
    const { uri, sha256 } = await artifacts.put(
      `debates/${told.debate}.json`,
      transcriptJson(told),
    );
    const message = create(DebateEndedSchema, {
      debate: told.debate,
      collection,
      problemId: told.problemId,
      society: 'trio',
      revision: 1,
      status,
      transcriptUri: uri,
      transcriptSha256: sha256,
    });
    records.push({
      id: `ended-${told.debate}`,
      topic: TOPICS.debatesEnded,
      key: collection,
      type: DebateEndedSchema.typeName,
      source: 'debate',
      time: '2026-01-01T00:00:00Z',
      data: toBinary(DebateEndedSchema, message),
    });
  }
  await events.publish(records);
}

/** Waits until a condition holds. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** REST calls of a service that runs in this process; the answer's JSON and status. */
export function restOf({ host }: Pick<Awaited<ReturnType<typeof startService>>, 'host'>) {
  return {
    async call(method: 'GET' | 'POST', url: string, payload?: object) {
      const response = await host.http.inject({ method, url, ...(payload ? { payload } : {}) });
      return { status: response.statusCode, body: response.json() };
    },
    async upload(url: string, text: string, type = 'application/x-ndjson') {
      const headers = { 'content-type': type };
      const response = await host.http.inject({ method: 'PUT', url, headers, payload: text });
      return { status: response.statusCode, body: response.json() };
    },
  };
}

export type Rest = ReturnType<typeof restOf>;
