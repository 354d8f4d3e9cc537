import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installKafka } from './install-kafka.ts';
import { brokerProgram, javaCommand, type KafkaFiles, kafkaId } from './kafka-broker.ts';
import { createServer, type Server, type ServerOptions } from './server.ts';

/**
 * A Kafka of one broker that is its own controller; topics are made by their users. Its heap is 256 MiB,
 * its log holds warnings.
 */
export async function createKafka(options: ServerOptions): Promise<Server> {
  const dir = resolve(options.dir);
  const program = brokerProgram(dir, async (properties) => {
    const files = await installKafka();
    format(join(dir, 'data'), files);
    return [
      ...javaCommand(files),
      `-XX:SharedArchiveFile=${files.archive}`,
      '-Dlog4j2.level=WARN',
      'kafka.Kafka',
      properties,
    ];
  });
  return createServer(program, options);
}

/** Makes a new folder one that a broker accepts, as `kafka-storage format` does, without a JVM. */
function format(data: string, { checkpoint }: KafkaFiles): void {
  const meta = join(data, 'meta.properties');
  if (existsSync(meta)) return;
  mkdirSync(data, { recursive: true });
  copyFileSync(checkpoint, join(data, 'bootstrap.checkpoint'));
  writeFileSync(meta, `version=1\nnode.id=1\ncluster.id=${kafkaId()}\ndirectory.id=${kafkaId()}\n`);
}
