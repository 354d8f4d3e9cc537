import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createDistributed,
  createInfrastructure,
  type Distributed,
  infrastructureSettings,
  S3_ENVIRONMENT,
} from '@parley/local';
import { type EventRecord, emit, openArtifacts, openEvents, TOPICS } from '@parley/platform';
import { DebatesRequestedSchema } from '@parley/proto/debate';
import { Redis } from 'ioredis';

/** What a backlog of debates took. Sizes in bytes. */
export type Backlog = {
  debates: number;
  /** From the first event published until the last debate was queued. */
  secondsToQueue: number;
  /** Debates that are listed, each once; what is missing was lost. */
  found: number;
  storePerLive: number;
  storePerEnded: number;
  ended: number;
  /** Resident memory of every process, when the backlog was largest. */
  memory: Record<string, number>;
};

const BATCHES = 100;
const PROBLEMS = 1000;
const ENDED = 2000;

/**
 * Asks through Kafka for 100 batches of 1,000 debates, waits until all are queued in Redis, counts them, then lets
 * some of them run.
 * @param engine base URL of an engine.
 */
export async function measureBacklog(engine: string): Promise<Backlog> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-backlog-'));
  const infrastructure = await createInfrastructure(join(dir, 'servers'));
  const servers = Object.values(infrastructure);
  await Promise.all(servers.map((server) => server.start()));
  // biome-ignore lint/style/noProcessEnv: the AWS SDK takes its credentials from there
  Object.assign(process.env, S3_ENVIRONMENT);
  const settings = {
    ...infrastructureSettings(infrastructure),
    PARLEY_ENGINES: engine,
    PARLEY_LOG_LEVEL: 'warn',
    PARLEY_DEBATE_BATCH_CONCURRENCY: '1',
  };
  const slow = await createDistributed({ dir, settings });
  const redis = new Redis(infrastructure.redis.url);
  try {
    await slow.start();
    await createSociety(slow);
    const before = await usedMemory(redis);
    const started = performance.now();
    await publishBatches(infrastructure.kafka.url, infrastructure.s3.url);
    const debates = BATCHES * PROBLEMS;
    await until(async () => (await createdDebates(slow)) === debates);
    const secondsToQueue = (performance.now() - started) / 1000;
    const memory = await residentMemory(slow);
    const live = await usedMemory(redis);
    const endedBefore = await endedDebates(slow);
    const found = (await listedDebates(slow)).size;
    await slow.stop();
    const fast = await createDistributed({
      dir,
      settings: { ...settings, PARLEY_DEBATE_BATCH_CONCURRENCY: '32' },
    });
    await fast.start();
    await until(async () => (await endedDebates(fast)) >= ENDED);
    await fast.stop();
    const ended = ENDED + endedBefore;
    const after = await usedMemory(redis);
    const storePerLive = (live - before) / debates;
    return {
      debates,
      secondsToQueue,
      found,
      storePerLive,
      storePerEnded: storePerLive + (after - live) / ended,
      ended,
      memory,
    };
  } finally {
    redis.disconnect();
    await slow.stop();
    await Promise.all(servers.map((server) => server.stop()));
    await rm(dir, { recursive: true, force: true });
  }
}

async function publishBatches(kafka: string, s3: string): Promise<void> {
  const [events, artifacts] = [await openEvents(kafka), await openArtifacts(s3)];
  try {
    const lines = Array.from({ length: PROBLEMS }, (_, n) =>
      JSON.stringify({ id: `p${n}`, question: `What is the result of 3+4*5+6-7*${n}?` }),
    );
    const stored = await artifacts.put('problems.jsonl', Buffer.from(lines.join('\n')));
    const requested = Array.from({ length: BATCHES }, (_, n): EventRecord => {
      const batch = `backlog-${n}`;
      const { event } = emit(
        DebatesRequestedSchema,
        {
          batch,
          template: { society: 'bench', task: 'arithmetic', priority: 'batch', batch },
          problemsUri: stored.uri,
          problemsSha256: stored.sha256,
          seed: BigInt(n),
        },
        { topic: TOPICS.debatesRequested, key: batch, source: 'bench' },
      );
      return event;
    });
    await events.publish(requested);
  } finally {
    await events.close();
    await artifacts.close();
  }
}

async function createSociety(distributed: Distributed): Promise<void> {
  const response = await fetch(`${distributed.rest('/v1/societies')[0]}/v1/societies`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'bench', base: 'base', agents: 3 }),
  });
  if (!response.ok) throw new Error(await response.text());
}

type Listed = { next?: string; batches: { created: number }[]; debates: { id: string }[] };

async function page(distributed: Distributed, path: string, cursor?: string): Promise<Listed> {
  const more = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
  const response = await fetch(`${distributed.rest(path)[0]}${path}?limit=1000${more}`);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Listed;
}

async function createdDebates(distributed: Distributed): Promise<number> {
  const { batches } = await page(distributed, '/v1/batches');
  return batches.reduce((sum, { created }) => sum + created, 0);
}

async function listedDebates(distributed: Distributed): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let cursor: string | undefined; ; ) {
    const { debates, next } = await page(distributed, '/v1/debates', cursor);
    for (const { id } of debates) ids.add(id);
    if (next === undefined) return ids;
    cursor = next;
  }
}

async function metric(url: string, pattern: RegExp): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return [...text.matchAll(pattern)].reduce((sum, [, value]) => sum + Number(value), 0);
}

async function endedDebates({ replicas }: Distributed): Promise<number> {
  const counts = replicas.debate.map(({ addresses }) =>
    metric(addresses.admin, /^parley_debates_total\{.*\} (\d+)/gm),
  );
  return (await Promise.all(counts)).reduce((sum, one) => sum + one, 0);
}

async function residentMemory({ replicas }: Distributed): Promise<Record<string, number>> {
  const all = Object.values(replicas).flat();
  const sizes = all.map(async ({ service, addresses }, n) => [
    `${service} ${n}`,
    await metric(addresses.admin, /^process_resident_memory_bytes (\d+)/gm),
  ]);
  return Object.fromEntries(await Promise.all(sizes));
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 300_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not in 5 minutes: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
