import { createGrpcClient } from '@parley/platform';
import { DebateService } from '@parley/proto/debate';

/** What became of a batch of debates that was asked for. */
export type BatchProgress = {
  /** `queued`, `running`, `created`, `failed` or `cancelled`. */
  status: string;
  /** Why it failed or was cancelled: a reason, then `: ` and words. */
  reason: string;
};

/** The debate service, as a cycle uses it. Every method throws ParleyError. */
export type DebateClient = {
  /** @throws ParleyError NOT_FOUND while the request for it was not handled. */
  batch(id: string, signal?: AbortSignal): Promise<BatchProgress>;
  /** Ends a batch and its debates; one that is not there yet will not begin. Idempotent. */
  cancelBatch(id: string): Promise<void>;
  close(): void;
};

/** Connects to the debate service. */
export function connectDebate(address: string): DebateClient {
  const client = createGrpcClient(DebateService, { address, defaultDeadlineMs: 30_000 });
  return {
    async batch(id, signal) {
      const { batch } = await client.getBatch({ id }, { signal });
      return { status: batch?.status ?? '', reason: batch?.reason ?? '' };
    },

    async cancelBatch(id) {
      await client.cancelBatch({ id });
    },

    close: () => client.close(),
  };
}
