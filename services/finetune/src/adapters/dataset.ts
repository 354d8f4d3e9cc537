import { type ArtifactRef, createGrpcClient } from '@parley/platform';
import { DatasetService, type Split } from '@parley/proto/dataset';
import type { Pooling, Purpose, SplitRef } from '../domain/spec.ts';
import type { SealedDataset } from '../domain/state.ts';

/** One answer of a recorded debate. */
export type ResultAnswer = { round: number; position: number; text: string };

/** One problem of a filled collection and its debate. */
export type DebateResult = {
  problem: string;
  reference: string;
  status: string;
  /** ŷ, empty when there was none. */
  answer: string;
  consensus: number;
  answers: ResultAnswer[];
  /** Round 1's prompt. */
  prompt: string;
  tokens: number;
};

export type CollectionProgress = { done: number; total: number; filled: boolean };

/** The dataset service, as a cycle uses it. Every method throws ParleyError. */
export type DatasetClient = {
  /** A problem set's task and its splits by name. */
  problemSet(
    name: string,
    signal?: AbortSignal,
  ): Promise<{ task: string; splits: Record<string, SplitRef> }>;
  openCollection(
    collection: {
      id: string;
      purpose: Purpose;
      problemSet: string;
      split: 'train' | 'evaluation';
      society: string;
      revision: number;
      agents: number;
    },
    signal?: AbortSignal,
  ): Promise<{ expected: number; split: SplitRef }>;
  collection(id: string, signal?: AbortSignal): Promise<CollectionProgress>;
  seal(
    request: { collection: string; weight: number; seed: number; pooling: Pooling },
    signal?: AbortSignal,
  ): Promise<SealedDataset[]>;
  /** The debates in the order of the problems. */
  results(collection: string, signal?: AbortSignal): AsyncIterable<DebateResult>;
  close(): void;
};

const SEAL_DEADLINE_MS = 10 * 60_000;
/** Results are read while they are being graded. */
const RESULTS_DEADLINE_MS = 60 * 60_000;

/** Connects to the dataset service. */
export function connectDataset(address: string): DatasetClient {
  const client = createGrpcClient(DatasetService, { address, defaultDeadlineMs: 30_000 });
  return {
    async problemSet(name, signal) {
      const { problemSet } = await client.getProblemSet({ name }, { signal });
      const splits = (problemSet?.splits ?? []).map((split): [string, SplitRef] => [
        split.name,
        splitRef(split),
      ]);
      return { task: problemSet?.task ?? '', splits: Object.fromEntries(splits) };
    },

    async openCollection(request, signal) {
      const { collection, split } = await client.openCollection(request, { signal });
      return { expected: collection?.expected ?? 0, split: splitRef(split) };
    },

    async collection(id, signal) {
      const { collection } = await client.getCollection({ id }, { signal });
      const ended = Object.values(collection?.ended ?? {});
      return {
        done: ended.reduce((sum, count) => sum + count, 0),
        total: collection?.expected ?? 0,
        filled: collection?.filled ?? false,
      };
    },

    async seal({ seed, ...request }, signal) {
      const { datasets } = await client.seal(
        { ...request, seed: BigInt(seed) },
        { deadlineMs: SEAL_DEADLINE_MS, signal },
      );
      return datasets.map(({ seat, rows, pools, uri, sha256, manifestUri, manifestSha256 }) => {
        const manifest: ArtifactRef = { uri: manifestUri, sha256: manifestSha256 };
        return { seat, rows, pools: { ...pools }, uri, sha256, manifest };
      });
    },

    async *results(collection, signal) {
      const rows = client.streamResults(
        { collection },
        { deadlineMs: RESULTS_DEADLINE_MS, signal },
      );
      for await (const row of rows) {
        const { reference, status, answer, consensus, prompt, tokens } = row;
        const answers = row.answers.map(({ round, position, text }) => ({ round, position, text }));
        yield {
          problem: row.problemId,
          reference,
          status,
          answer,
          consensus,
          answers,
          prompt,
          tokens,
        };
      }
    },

    close: () => client.close(),
  };
}

function splitRef(split: Split | undefined): SplitRef {
  return {
    problems: split?.problems ?? 0,
    uri: split?.uri ?? '',
    sha256: split?.sha256 ?? '',
  };
}
