import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ParleyError } from '@parley/platform';
import { Kafka, logLevel } from 'kafkajs';
import type { Program } from './server.ts';

const PROBE_MS = 2_000;

/** What a broker is started with. */
export type KafkaFiles = {
  /** The Java program. */
  java: string;
  /** Folder of jars. */
  libs: string;
  /** Archive of loaded classes (AppCDS), which halves the time to start; another Java ignores it. */
  archive: string;
  /** The first metadata of a formatted folder. */
  checkpoint: string;
};

/** The settings of a broker that is its own controller, both on loopback. */
export function brokerProperties(data: string, port: number, controllerPort: number): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': data,
    'log.retention.hours': 24 * 365,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    // A broker that comes back after a kill is let in only when its old session has expired.
    'broker.heartbeat.interval.ms': 200,
    'broker.session.timeout.ms': 1_000,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Java with Kafka's classes: the least start-up time and memory, not the most throughput. */
export function javaCommand({ java, libs }: Pick<KafkaFiles, 'java' | 'libs'>): string[] {
  return [
    java,
    '-Xms64m',
    '-Xmx256m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-cp',
    `${libs}/*`,
  ];
}

/** A broker in a folder, its data in the formatted `data`; `command` is given the path of its settings. */
export function brokerProgram(
  dir: string,
  command: (properties: string) => Promise<string[]>,
): Program {
  const data = join(dir, 'data');
  const properties = join(dir, 'server.properties');
  return {
    name: 'kafka',
    ports: 2,
    url: ([port]) => `kafka://127.0.0.1:${port}`,
    prepare: async ([port, controllerPort]) => {
      writeFileSync(properties, brokerProperties(data, port as number, controllerPort as number));
      return command(properties);
    },
    probe: ([port]) => probeKafka(port as number, clusterId(data)),
  };
}

/** An identifier as Kafka makes them: 16 random bytes in base64url that do not begin with a dash. */
export function kafkaId(): string {
  return `P${randomBytes(16).toString('base64url').slice(1)}`;
}

function clusterId(data: string): string {
  const meta = readFileSync(join(data, 'meta.properties'), 'utf8');
  return /^cluster\.id=(.*)$/m.exec(meta)?.[1] ?? '';
}

/** Resolves when the broker of a cluster takes part in it; rejects otherwise. */
async function probeKafka(port: number, cluster: string): Promise<void> {
  const admin = new Kafka({
    brokers: [`127.0.0.1:${port}`],
    logLevel: logLevel.NOTHING,
    connectionTimeout: PROBE_MS,
    requestTimeout: PROBE_MS,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    const { brokers, clusterId: answering } = await admin.describeCluster();
    if (answering !== cluster || brokers.length === 0)
      throw new ParleyError(
        'UNAVAILABLE',
        `port ${port} is answered by cluster ${answering} with ${brokers.length} brokers`,
      );
  } finally {
    await admin.disconnect();
  }
}
