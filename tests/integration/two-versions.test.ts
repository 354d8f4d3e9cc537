import { randomUUID } from 'node:crypto';
import { createDebate, envToDebateConfig } from '@parley/debate';
import { createHost, type Formats, openStore, type Store, withFormats } from '@parley/platform';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type RunningSuite, startEngine, startSuite } from './suite.ts';

/** What a later version of the debate service may do to its records and streams. */
const NEWER: Formats = {
  debate: { version: 2, upgrade: { 1: (older) => ({ ...(older as object), labels: [] }) } },
  turns: { version: 2, upgrade: { 1: (older) => older } },
};

type Version = { http: string; store: Store; stop(): Promise<void> };

describe('two versions of the debate service over one store', () => {
  const name = `debate-${randomUUID().slice(0, 8)}`;
  let suite: RunningSuite;
  let older: Version;
  let newer: Version;
  const releases: (() => Promise<unknown>)[] = [];

  async function start(formats: Formats): Promise<Version> {
    const store = withFormats(await openStore(inject('servers').redis, { service: name }), formats);
    const config = envToDebateConfig({
      PARLEY_LOG_LEVEL: 'silent',
      PARLEY_HTTP_PORT: '0',
      PARLEY_GRPC_PORT: '0',
      PARLEY_ADMIN_PORT: '0',
      PARLEY_EVENTS: `sqlite:${suite.data}/two-versions.db`,
      PARLEY_ARTIFACTS: `file:${suite.data}/two-versions`,
      PARLEY_INFERENCE_ADDRESS: suite.grpc,
      PARLEY_VOTING_ADDRESS: suite.grpc,
    });
    const host = await createHost('debate', config);
    const { http } = await host.start([await createDebate(host, config, { store })]);
    const stop = async () => {
      await host.stop();
      await store.close();
    };
    releases.push(stop);
    return { http, store, stop };
  }

  beforeAll(async () => {
    const engine = await startEngine();
    releases.push(() => engine.stop());
    suite = await startSuite({ PARLEY_ENGINES: engine.url });
    releases.push(() => suite.stop());
    await suite.call('POST', '/v1/societies', { name: 'society', base: 'base', agents: 3 });
    older = await start({});
    newer = await start(NEWER);
  }, 60_000);
  afterAll(async () => {
    for (const release of releases.reverse()) await release();
  });

  async function accept({ http }: Version, number: number): Promise<string> {
    const response = await fetch(`${http}/v1/debates`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        society: 'society',
        question: `What is 1+${number}*2?`,
        task: 'arithmetic',
        seed: number,
      }),
    });
    expect(response.status).toBe(202);
    return ((await response.json()) as { id: string }).id;
  }

  async function show({ http }: Version, id: string) {
    const response = await fetch(`${http}/v1/debates/${id}`);
    return [response.status, ((await response.json()) as { status: unknown }).status];
  }

  it('each finish what they understand, and the older leaves the rest to the newer', async () => {
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    const byOlder = await Promise.all(numbers.map((n) => accept(older, n)));
    const byNewer = await Promise.all(numbers.map((n) => accept(newer, 100 + n)));
    for (const id of [...byOlder, ...byNewer])
      await vi.waitFor(async () => expect(await show(newer, id)).toEqual([200, 'completed']), {
        timeout: 30_000,
        interval: 50,
      });
    for (const id of byNewer) expect(await show(older, id)).toEqual([503, 503]);
  });

  it('hand over: what the older leaves behind, the newer finishes', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, (_, n) => accept(older, 200 + n)));
    await older.stop();
    for (const id of ids)
      await vi.waitFor(async () => expect(await show(newer, id)).toEqual([200, 'completed']), {
        timeout: 30_000,
        interval: 50,
      });
  });
});
