import { type ArtifactRef, createGrpcClient } from '@parley/platform';
import { InferenceService } from '@parley/proto/inference';
import type { Score } from '../domain/diversity.ts';

export type SocietyView = { base: string; agents: number; currentRevision: number };

/** A seat that a cycle trained. */
export type TrainedAgent = {
  seat: string;
  base: string;
  adapter: ArtifactRef;
  parentSha256: string | null;
  datasetSha256: string;
  cycle: string;
  iteration: number;
};

/** The inference service, as a cycle uses it. Every method throws ParleyError. */
export type InferenceClient = {
  society(name: string, signal?: AbortSignal): Promise<SocietyView>;
  /** The adapters of a revision by seat; null is the untrained base model. */
  adapters(
    society: string,
    revision: number,
    signal?: AbortSignal,
  ): Promise<Record<string, ArtifactRef | null>>;
  /** Adds a candidate; idempotent by `requestId`. Returns its number. */
  addRevision(
    request: { society: string; requestId: string; agents: TrainedAgent[]; baseRevision: number },
    signal?: AbortSignal,
  ): Promise<number>;
  promote(society: string, revision: number, signal?: AbortSignal): Promise<void>;
  /** One score for each answer to a prompt, in their order. */
  score(
    request: {
      society: string;
      revision: number;
      seat: string;
      items: { prompt: string; answer: string }[];
    },
    signal?: AbortSignal,
  ): Promise<Score[]>;
  /** One vector for each text, in their order. */
  embed(texts: string[], signal?: AbortSignal): Promise<number[][]>;
  close(): void;
};

/** Scoring and embedding run on the engines, behind whatever else is queued there. */
const ENGINE_DEADLINE_MS = 10 * 60_000;

/** Connects to the inference service. */
export function connectInference(address: string): InferenceClient {
  const client = createGrpcClient(InferenceService, { address, defaultDeadlineMs: 60_000 });
  return {
    async society(name, signal) {
      const { society } = await client.getSociety({ name }, { signal });
      return {
        base: society?.base ?? '',
        agents: society?.agents ?? 0,
        currentRevision: society?.currentRevision ?? 0,
      };
    },

    async adapters(society, number, signal) {
      const { revision } = await client.getRevision({ society, number }, { signal });
      return Object.fromEntries(
        (revision?.agents ?? []).map(({ seat, adapterUri, adapterSha256 }) => [
          seat,
          adapterUri === '' ? null : { uri: adapterUri, sha256: adapterSha256 },
        ]),
      );
    },

    async addRevision({ agents, ...request }, signal) {
      const { revision } = await client.addRevision(
        {
          ...request,
          agents: agents.map(({ adapter, parentSha256, ...agent }) => ({
            ...agent,
            adapterUri: adapter.uri,
            adapterSha256: adapter.sha256,
            parentAdapterSha256: parentSha256 ?? '',
          })),
        },
        { signal },
      );
      return revision?.number ?? 0;
    },

    async promote(society, number, signal) {
      await client.promoteRevision({ society, number }, { signal });
    },

    async score({ items, ...request }, signal) {
      const { scores } = await client.score(
        {
          ...request,
          items: items.map(({ prompt, answer }) => ({
            messages: [{ role: 'user', content: prompt }],
            answer,
          })),
        },
        { deadlineMs: ENGINE_DEADLINE_MS, signal },
      );
      return scores.map(({ logProbability, tokens }) => ({ logProbability, tokens }));
    },

    async embed(texts, signal) {
      const { embeddings } = await client.embed(
        { texts },
        { deadlineMs: ENGINE_DEADLINE_MS, signal },
      );
      return embeddings.map(({ values }) => values);
    },

    close: () => client.close(),
  };
}
