import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as listen } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  createKafka,
  createRedis,
  createRedisCluster,
  createRedisSentinel,
  createS3,
  type Server,
} from '@parley/local';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';

/** One kind of server, and how a text is kept in it under a name. */
type Kind = {
  create(options: { dir: string; detached?: boolean }): Promise<Server>;
  write(url: string, name: string, text: string): Promise<void>;
  read(url: string, name: string): Promise<string | undefined>;
};

const KINDS: Record<'redis' | 'kafka' | 's3', Kind> = {
  redis: {
    create: createRedis,
    async write(url, name, text) {
      await withRedis(url, async (redis) => {
        // With everysec the log is written at once and only synchronised later; a kill loses nothing.
        await redis.set(name, text);
      });
    },
    read: async (url, name) =>
      withRedis(url, async (redis) => (await redis.get(name)) ?? undefined),
  },
  kafka: {
    create: createKafka,
    async write(url, topic, text) {
      const kafka = kafkaAt(url);
      const admin = kafka.admin();
      const producer = kafka.producer();
      await Promise.all([admin.connect(), producer.connect()]);
      await admin.createTopics({ topics: [{ topic }] });
      await admin.disconnect();
      await producer.send({ topic, messages: [{ value: text }] });
      await producer.disconnect();
    },
    async read(url, topic) {
      const consumer = kafkaAt(url).consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      const text = await new Promise<string | undefined>((resolve, reject) => {
        const eachMessage = async ({ message }: { message: { value: Buffer | null } }) =>
          resolve(message.value?.toString());
        consumer.run({ eachMessage }).catch(reject);
      });
      await consumer.disconnect();
      return text;
    },
  },
  s3: {
    create: createS3,
    async write(url, name, text) {
      const { client, Bucket } = s3At(url);
      await client.send(new PutObjectCommand({ Bucket, Key: name, Body: text }));
    },
    async read(url, name) {
      const { client, Bucket } = s3At(url);
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: name }));
      return Body?.transformToString();
    },
  },
};

const kinds = Object.entries(KINDS);
const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

function freshDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'parley-local-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** A server that is stopped after the test. */
async function use<S extends Server>(created: Promise<S>): Promise<S> {
  const server = await created;
  servers.push(server);
  return server;
}

async function withRedis<T>(url: string, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { retryStrategy: () => null, commandTimeout: 2_000 });
  redis.on('error', () => undefined);
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

function kafkaAt(url: string): Kafka {
  return new Kafka({ brokers: [new URL(url).host], logLevel: logLevel.NOTHING });
}

function s3At(url: string): { client: S3Client; Bucket: string } {
  const { hostname, searchParams } = new URL(url);
  const endpoint = searchParams.get('endpoint') as string;
  const region = searchParams.get('region') as string;
  return { client: new S3Client({ endpoint, region, forcePathStyle: true }), Bucket: hostname };
}

function portIn(dir: string): number {
  return Number(readFileSync(join(dir, 'ports'), 'utf8').split('\n')[0]);
}

/** Takes a port and answers nobody, until the test is over. */
async function occupy(port: number): Promise<void> {
  const other = listen((socket) => socket.destroy()).listen(port, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => {
    other.close();
  });
}

function runs(pid: number): boolean {
  try {
    // A process whose parent has not asked how it ended is listed, but has no command line.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

/** Another Node process that runs a module in this folder, where `@parley/local` is found. */
function otherProcess(source: string): string[] {
  return ['--disable-warning=TimeoutNegativeWarning', '--input-type=module', '-e', source];
}

describe.each(kinds)('%s', (_, { create, write, read }) => {
  it('keeps its port and its data over a kill and over a stop', async () => {
    const server = await use(create({ dir: freshDir() }));
    await server.start();
    const { url, pid } = server;
    await write(url, 'note', 'kept');

    await server.signal('SIGKILL');
    expect(runs(pid as number)).toBe(false);
    expect(server.pid).toBeUndefined();
    await server.start();
    expect(server.url).toBe(url);
    expect(await read(url, 'note')).toBe('kept');

    await server.stop();
    expect(server.pid).toBeUndefined();
    await server.start();
    expect(await read(url, 'note')).toBe('kept');
  });

  it('starts once, however often it is asked to', async () => {
    const server = await use(create({ dir: freshDir() }));
    await Promise.all([server.start(), server.start()]);
    const { pid } = server;
    await server.start();
    expect(server.pid).toBe(pid);
  });

  it('chooses another port when a new one is taken before it starts, and keeps that', async () => {
    const dir = freshDir();
    const server = await use(create({ dir }));
    const first = portIn(dir);
    await occupy(first);
    await server.start();
    expect(portIn(dir)).not.toBe(first);
    expect(server.url).toContain(`:${portIn(dir)}`);
  });

  it('says so when its kept port is taken by another', async () => {
    const dir = freshDir();
    const server = await use(create({ dir }));
    await server.start();
    await server.stop();
    await occupy(portIn(dir));
    await expect(server.start()).rejects.toThrow(/address already in use/i);
  });
});

describe('a local server', () => {
  it('is stopped and continued by signals', async () => {
    const server = await use(createRedis({ dir: freshDir() }));
    await server.start();
    await withRedis(server.url, async (redis) => {
      await redis.ping();
      await server.signal('SIGSTOP');
      let answered = false;
      const ping = redis.ping().then(() => {
        answered = true;
      });
      await vi.waitUntil(() => readFileSync(`/proc/${server.pid}/stat`, 'utf8').includes(') T '));
      expect(answered).toBe(false);
      await server.signal('SIGCONT');
      await ping;
    });
  });

  it('refuses a signal when it does not run', async () => {
    const server = await use(createRedis({ dir: freshDir() }));
    await expect(server.signal('SIGKILL')).rejects.toThrow('redis does not run: start it first');
  });

  it('tells the end of its log when it cannot start', async () => {
    const settings = { maxmemory: 'plenty' };
    const server = await use(createRedis({ dir: freshDir(), settings }));
    await expect(server.start()).rejects.toThrow(
      /redis ended at start.*argument must be a memory/s,
    );
  });

  it('takes settings', async () => {
    const server = await use(createRedis({ dir: freshDir(), settings: { maxmemory: '64mb' } }));
    await server.start();
    const config = await withRedis(server.url, (redis) => redis.config('GET', 'max*', 'append*'));
    expect(config).toEqual(expect.arrayContaining([String(64 << 20), 'noeviction', 'everysec']));
  });

  it('ends with the process that started it, however that ends', async () => {
    const source = `
      import { createKafka, createRedis, createS3 } from '@parley/local';
      const dir = process.argv[1];
      const servers = await Promise.all([
        createKafka({ dir: dir + '/kafka' }), createRedis({ dir: dir + '/redis' }), createS3({ dir: dir + '/s3' })
      ]);
      await Promise.all(servers.map((server) => server.start()));
      console.log(JSON.stringify(servers.map(({ pid }) => pid)));
      process.stdin.resume();`;
    const parent = spawn(process.execPath, [...otherProcess(source), freshDir()], {
      cwd: import.meta.dirname,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line] = await once(parent.stdout, 'data');
    const pids: number[] = JSON.parse(String(line));
    expect(pids.map(runs)).toEqual([true, true, true]);
    parent.kill('SIGKILL');
    await vi.waitUntil(() => !pids.some(runs), { timeout: 10_000 });
  });

  it('outlives the process that started it when detached, and is found by its folder', async () => {
    const dir = freshDir();
    const source = `
      import { createRedis } from '@parley/local';
      await (await createRedis({ dir: process.argv[1], detached: true })).start();`;
    const options = { cwd: import.meta.dirname };
    await promisify(execFile)(process.execPath, [...otherProcess(source), dir], options);

    const server = await use(createRedis({ dir, detached: true }));
    const pid = server.pid as number;
    expect(runs(pid)).toBe(true);
    await server.start();
    expect(server.pid).toBe(pid);
    await KINDS.redis.write(server.url, 'note', 'found');
    await server.stop();
    expect(runs(pid)).toBe(false);
  });

  it('leaves alone a process that has got the identifier of an earlier one', async () => {
    const dir = freshDir();
    writeFileSync(join(dir, 'pid'), `${process.pid}\n`);
    const server = await use(createRedis({ dir, detached: true }));
    expect(server.pid).toBeUndefined();
    await server.stop();
    await server.start();
    expect(server.pid).not.toBe(process.pid);
  });
});

describe('a Redis Cluster', () => {
  it('serves all slots by six nodes, and goes on after all were killed', async () => {
    const cluster = await use(createRedisCluster({ dir: freshDir() }));
    await cluster.start();
    expect(cluster.nodes).toHaveLength(6);
    for (const killed of [false, true]) {
      if (killed) {
        await cluster.signal('SIGKILL');
        await cluster.start();
      }
      const { url } = cluster.nodes[0] as Server;
      const info = await withRedis(url, (redis) => redis.cluster('INFO'));
      expect(info).toContain('cluster_state:ok');
      expect(info).toContain('cluster_slots_ok:16384');
      expect(info).toContain('cluster_known_nodes:6');
    }
  });
});

describe('a Redis with sentinels', () => {
  it('names a new master after the master was killed, and takes the old one back', async () => {
    const sentinel = await use(createRedisSentinel({ dir: freshDir() }));
    await sentinel.start();
    const first = await sentinel.master();
    await KINDS.redis.write(first.url, 'note', 'kept');
    await withRedis(first.url, (redis) => redis.wait(1, 1_000));

    await first.signal('SIGKILL');
    const options = { timeout: 30_000 };
    await vi.waitUntil(async () => (await sentinel.master()).url !== first.url, options);
    const second = await sentinel.master();
    expect(await KINDS.redis.read(second.url, 'note')).toBe('kept');

    await sentinel.start();
    const role = await withRedis(first.url, (redis) => redis.role());
    expect(role[0]).toBe('slave');
    expect((await sentinel.master()).url).toBe(second.url);
  });
});
