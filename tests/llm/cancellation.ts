import { createGrpcClient } from '@parley/platform';
import { InferenceService } from '@parley/proto/inference';
import { createSuite } from '@parley/suite';
import { expect, it, vi } from 'vitest';
import { metricOf } from './engine.ts';
import { openTinyModel } from './tiny-model.ts';
import { say, type World } from './world.ts';

const TOKENS = 'vllm:generation_tokens_total';
const CALLS = 8;
const MAX_TOKENS = 900;

/** Tests that what a caller no longer wants is no longer computed, by the engine's own metrics. */
export function cancellation(world: () => World): void {
  it('a call ends it on the engine', async () => {
    const { dir, tiny, engines } = world();
    const [{ url }] = engines;
    const { environment } = await openTinyModel(tiny, [url]);
    const suite = await createSuite({
      ...environment,
      PARLEY_DATA: `${dir}/cancellation`,
      PARLEY_LOG_LEVEL: 'silent',
      PARLEY_HTTP_PORT: '0',
      PARLEY_GRPC_PORT: '0',
      PARLEY_ADMIN_PORT: '0',
    });
    const { grpc } = await suite.start();
    const client = createGrpcClient(InferenceService, { address: grpc, defaultDeadlineMs: 60_000 });
    try {
      await client.createSociety({ name: 'cancelled', base: 'base', agents: 1 });
      const before = await metricOf(url, TOKENS);
      const controller = new AbortController();
      const call = {
        id: '1',
        seat: 'base',
        // Without a question it knows, at a high temperature, the model rarely ends by itself.
        messages: [{ role: 'user', content: 'zzzz zzzz' }],
        sampling: { temperature: 2, topP: 1, maxTokens: MAX_TOKENS },
        deltas: true,
      };
      const calls = Array.from({ length: CALLS }, (_, n) => ({
        ...call,
        id: `${n}`,
        seed: BigInt(n),
      }));
      const results = client.generate(
        { society: 'cancelled', priority: 'interactive', calls },
        { signal: controller.signal },
      );
      const reading = (async () => {
        for await (const _ of results) controller.abort();
      })();
      await expect(reading).rejects.toMatchObject({ reason: 'CANCELLED' });
      await vi.waitFor(
        async () => {
          expect(await metricOf(url, 'vllm:num_requests_running')).toBe(0);
        },
        { timeout: 5_000, interval: 50 },
      );
      const generated = (await metricOf(url, TOKENS)) - before;
      say(`a cancelled request of ${CALLS * MAX_TOKENS} tokens: the engine made ${generated}`);
      expect(generated).toBeLessThan((CALLS * MAX_TOKENS) / 4);
    } finally {
      client.close();
      await suite.destroy();
    }
  }, 60_000);
}
