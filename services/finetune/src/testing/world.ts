import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Addresses,
  createHost,
  type Host,
  openArtifacts,
  openEvents,
  openStore,
  type Service,
  type Store,
} from '@parley/platform';
import { envToFinetuneConfig, type FinetuneConfig } from '../config.ts';
import type { FinetuneOverrides } from '../context.ts';
import type { CycleView } from '../routes/schemas.ts';
import { createFinetune } from '../service.ts';
import { type Behaviour, type BorderState, startBorder } from './services.ts';
import { writeTrainer } from './trainer-script.ts';

/** A finetune service that answers requests and runs cycles. */
export type Replica = {
  host: Host;
  request(
    method: 'GET' | 'POST',
    url: string,
    body?: object,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  cycle(name: string): Promise<CycleView>;
  listen(): Promise<Addresses>;
  close(): Promise<void>;
};

/** A folder with a store, artifacts, events, a trainer, and the services that finetune calls. */
export type World = {
  dir: string;
  config: FinetuneConfig;
  behaviour: Behaviour;
  border: BorderState;
  /** Jobs that a trainer was started for, in order. */
  starts(): string[];
  /** Trainer processes that run. */
  trainers(): number[];
  openStore(): Promise<Store>;
  replica(overrides?: FinetuneOverrides, config?: FinetuneConfig): Promise<Replica>;
  close(): Promise<void>;
};

export async function createWorld(changes: Partial<Behaviour> = {}): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-finetune-'));
  const database = `sqlite:${join(dir, 'parley.db')}`;
  const artifactsUrl = `file:${join(dir, 'artifacts')}`;
  const trainer = writeTrainer(dir);
  const behaviour: Behaviour = {
    quality: () => ({ first: 0.5, last: 0.7 }),
    hold: async () => {},
    rows: () => 3,
    embeddings: true,
    ...changes,
  };
  const artifacts = await openArtifacts(artifactsUrl);
  const events = await openEvents(database);
  const border = await startBorder(artifacts, events, behaviour);
  const config = envToFinetuneConfig({
    PARLEY_STORE: database,
    PARLEY_EVENTS: database,
    PARLEY_ARTIFACTS: artifactsUrl,
    PARLEY_INFERENCE_ADDRESS: border.address,
    PARLEY_DATASET_ADDRESS: border.address,
    PARLEY_DEBATE_ADDRESS: border.address,
    PARLEY_VOTING_ADDRESS: border.address,
    PARLEY_TRAINER: JSON.stringify(trainer.command),
    PARLEY_TRAINER_DIR: join(dir, 'jobs'),
    PARLEY_TRAINER_PARALLELISM: '2',
    PARLEY_HTTP_PORT: '0',
    PARLEY_GRPC_PORT: '0',
    PARLEY_ADMIN_PORT: '0',
    PARLEY_LOG_LEVEL: 'silent',
  });
  const replicas = new Set<Replica>();

  return {
    dir,
    config,
    behaviour,
    border: border.state,
    starts: () => startsOf(trainer.starts).map(([job]) => job ?? ''),
    trainers: () =>
      startsOf(trainer.starts)
        .map(([, pid]) => Number(pid))
        .filter(isAlive),
    openStore: () => openStore(database, { service: 'finetune' }),

    async replica(overrides = {}, replicaConfig = config) {
      const host = await createHost('finetune', replicaConfig);
      const timing = { poll: 50, ...overrides.timing };
      const service = await createFinetune(host, replicaConfig, { ...overrides, timing });
      const replica = replicaOf(host, service, () => replicas.delete(replica));
      replicas.add(replica);
      await service.start();
      return replica;
    },

    async close() {
      for (const replica of replicas) await replica.close();
      await border.close();
      await events.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function startsOf(path: string): string[][] {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => line.split(' '));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function replicaOf(host: Host, service: Service, closed: () => void): Replica {
  let listening: Promise<Addresses> | undefined;
  async function request(method: 'GET' | 'POST', url: string, body?: object) {
    const response = await host.http.inject({
      method,
      url,
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: response.statusCode, body: response.json() as Record<string, unknown> };
  }
  return {
    host,
    request,
    cycle: async (name) =>
      (await request('GET', `/v1/cycles/${name}`)).body as unknown as CycleView,
    listen() {
      listening ??= host.start([]);
      return listening;
    },
    async close() {
      closed();
      await service.destroy();
      if (listening !== undefined) await host.stop();
      else await host.http.close();
    },
  };
}

/** A request for a cycle that the world's services can carry out. */
export const BODY = {
  name: 'c1',
  society: 'pupils',
  problemSet: 'sums',
  iterations: 2,
  seed: 7,
} as const;

/** The cycle as soon as `is` says that it got there. */
export function reached(
  replica: Replica,
  is: (cycle: CycleView) => boolean,
  name: string = BODY.name,
): Promise<CycleView> {
  return eventually(async () => {
    const cycle = await replica.cycle(name);
    return is(cycle) && cycle;
  });
}

/** The cycle once it has ended. */
export function ended(replica: Replica, name?: string): Promise<CycleView> {
  return reached(replica, ({ phase }) => phase === 'ended', name);
}

/** A cycle without what differs between two runs of it. */
export function withoutTimes({ createdAt: _, iterations, ...cycle }: CycleView) {
  return { ...cycle, iterations: iterations.map(({ seconds: _seconds, ...rest }) => rest) };
}

/** Looks again and again until `found` gives something; what it gives. */
export async function eventually<T>(
  found: () => Promise<T | undefined | false> | T | undefined | false,
  milliseconds = 15_000,
): Promise<T> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const value = await found();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`not within ${milliseconds} ms: ${found}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
