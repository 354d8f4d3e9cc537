import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, type Host, openEvents, openStore, type Store } from '@parley/platform';
import {
  createDebate,
  type DebateConfig,
  type DebateOverrides,
  envToDebateConfig,
} from '../index.ts';
import type { Neighbours } from './neighbours.ts';

/** A debate service over a folder; several over one folder share its store, as replicas do. */
export type Replica = { host: Host; config: DebateConfig; stop(): Promise<void> };

export function tempFolder(): { folder: string; remove: () => Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'parley-debate-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export function configFor(
  folder: string,
  neighbours: Neighbours,
  environment: Record<string, string> = {},
): DebateConfig {
  return envToDebateConfig({
    PARLEY_HTTP_PORT: '0',
    PARLEY_GRPC_PORT: '0',
    PARLEY_ADMIN_PORT: '0',
    PARLEY_LOG_LEVEL: 'silent',
    PARLEY_DEBATE_BATCH_QUEUE: '1000',
    PARLEY_DRAIN_SECONDS: '0.2',
    PARLEY_STORE: `sqlite:${folder}/parley.db`,
    PARLEY_EVENTS: `sqlite:${folder}/parley.db`,
    PARLEY_ARTIFACTS: `file:${folder}/artifacts`,
    PARLEY_INFERENCE_ADDRESS: neighbours.address,
    PARLEY_VOTING_ADDRESS: neighbours.address,
    ...environment,
  });
}

export async function startReplica(
  config: DebateConfig,
  overrides: DebateOverrides = {},
): Promise<Replica & { grpc: string; http: string }> {
  const host = await createHost('debate', config);
  const debate = await createDebate(host, config, overrides);
  const addresses = await host.start([debate]);
  return {
    host,
    config,
    grpc: addresses.grpc,
    http: addresses.http,
    stop: () => host.stop(),
  };
}

/** Posts a debate and waits for its end; the parsed answer with its HTTP status. */
export async function post(
  { host }: { host: Host },
  body: object,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Record<string, unknown>; body: Answered }> {
  const response = await host.http.inject({
    method: 'POST',
    url: '/v1/debates',
    payload: body,
    headers,
  });
  return { status: response.statusCode, headers: response.headers, body: response.json() };
}

export async function get({ host }: { host: Host }, url: string) {
  const response = await host.http.inject({ method: 'GET', url });
  return { status: response.statusCode, body: response.json() as Answered };
}

/** Polls until the debate has ended. */
export async function ended(replica: { host: Host }, id: string): Promise<Answered> {
  return until(async () => {
    const { body } = await get(replica, `/v1/debates/${id}`);
    return ['queued', 'running'].includes(body.status) ? undefined : body;
  });
}

/** Repeats `look` until it gives something; fails after ten seconds. */
export async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = performance.now() + 10_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error('waited ten seconds in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The store and events of a replica's folder, opened beside it. */
export async function openBeside(config: DebateConfig) {
  const store: Store = await openStore(config.store, { service: 'debate' });
  const events = await openEvents(config.events);
  return {
    store,
    events,
    close: async () => {
      await events.close();
      await store.close();
    },
  };
}

/** What REST answers, loosely, as a test reads it. */
export type Answered = {
  id: string;
  status: string;
  reason: string;
  seed: number;
  revision: number;
  priority: string;
  detail: string;
  errors: { field: string }[];
  promptsVersion: string;
  progress: Record<string, number>;
  vote: { answer: string | null; members: string[]; groups: unknown[]; consensus: number };
  usage: { promptTokens: number; completionTokens: number };
  transcript: { uri: string; sha256: string };
  turns: Turned[];
  debates: Answered[];
  next?: string;
};

export type Turned = {
  sequence: number;
  kind: string;
  round: number;
  position: number;
  seat: string;
  prompt: string;
  text: string;
  failure: string;
  seed: number;
};
