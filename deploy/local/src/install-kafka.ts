import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { installedFolder } from './installed.ts';
import {
  brokerProgram,
  brokerProperties,
  javaCommand,
  type KafkaFiles,
  kafkaId,
} from './kafka-broker.ts';
import { createServer } from './server.ts';
import { requireProgram, runTool } from './tool.ts';

const VERSION = '4.3.1';
const LOG_VERSION = '2.25.4';
const CHECKPOINT = 'bootstrap.checkpoint';
const ARCHIVE = 'classes.jsa';

/**
 * Java and Kafka, installed unless present: the jars from Maven's central repository into the cache.
 * @throws ParleyError FAILED_PRECONDITION saying what to install; UNAVAILABLE when the download fails.
 */
export async function installKafka(): Promise<KafkaFiles> {
  const java = await requireProgram('java', {
    debian: ['openjdk-17-jre-headless', 'default-jre-headless'],
    brew: 'openjdk@17',
  });
  const folder = join(cacheFolder(), `kafka-${VERSION}`);
  const libs = await installedFolder(join(folder, 'libs'), fetchJars);
  const boot = await installedFolder(join(folder, 'boot'), (target) =>
    prepareBoot(target, java, libs),
  );
  return {
    java,
    libs,
    archive: join(boot, ARCHIVE),
    checkpoint: join(boot, CHECKPOINT),
  };
}

/** Fetches the jars of Kafka, and those without which its errors would not be logged. */
async function fetchJars(target: string): Promise<void> {
  const mvn = await requireProgram('mvn', { debian: ['maven'], brew: 'maven' });
  const work = join(target, 'maven');
  mkdirSync(work);
  writeFileSync(
    join(work, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>parley</groupId>
  <artifactId>kafka</artifactId>
  <version>${VERSION}</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>${LOG_VERSION}</version></dependency>
  </dependencies>
</project>
`,
  );
  // A repository of its own: Maven's common one is not made for two processes at once.
  const repository = `-Dmaven.repo.local=${join(work, 'repository')}`;
  const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime'];
  await runTool([mvn, '-q', '-B', repository, ...copy, `-DoutputDirectory=${target}`], {
    cwd: work,
  });
  rmSync(work, { recursive: true });
}

/** Formats a folder once and runs a broker once, to keep its first metadata and the classes it loads. */
async function prepareBoot(target: string, java: string, libs: string): Promise<void> {
  const command = javaCommand({ java, libs });
  const dir = join(target, 'broker');
  const data = join(dir, 'data');
  const properties = join(dir, 'server.properties');
  mkdirSync(dir);
  writeFileSync(properties, brokerProperties(data, 1, 2));
  const storageTool = [...command, 'kafka.tools.StorageTool', 'format'];
  await runTool([...storageTool, '-t', kafkaId(), '-c', properties]);
  copyFileSync(join(data, CHECKPOINT), join(target, CHECKPOINT));
  const broker = await createServer(
    brokerProgram(dir, async (path) => [
      ...command,
      `-XX:ArchiveClassesAtExit=${join(target, ARCHIVE)}`,
      'kafka.Kafka',
      path,
    ]),
    { dir },
  );
  await broker.start();
  await broker.stop();
  rmSync(dir, { recursive: true });
}
