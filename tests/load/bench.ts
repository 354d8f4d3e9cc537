import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { measureAssembly } from './assembly.ts';
import { measureBacklog } from './backlog.ts';
import { startScript } from './child.ts';
import { type DebatesResult, loadDebates, measureDistributed } from './distributed.ts';
import { benchSlots } from './inference-slots.ts';
import { benchStreams } from './inference-stream.ts';
import type { LoadResult } from './pool.ts';
import { floor, print, row, target } from './print.ts';
import { benchVoting } from './voting.ts';

/** The benchmarks, with the machine they ran on; ratios are against references in the same run. */
const DEBATES = 3000;
const AT_ONCE = 64;
const LATENCY_MS = 50;
const IDEAL_MS = 3 * LATENCY_MS;

const [cpu] = cpus();
print(
  `machine: ${cpus().length} × ${cpu?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`,
);
print(
  `load: 3 agents × 2 rounds with summaries and vote, ${AT_ONCE} debates at once, engine of ${LATENCY_MS} ms, ${DEBATES} debates\n`,
);

const engine = startScript('tests/load/fixed-engine.ts', [String(LATENCY_MS)]);
const { url } = (await engine.line()) as { url: string };
const undici = await reference('undici');
const openai = await reference('openai');
const [suite, calmer, alone] = await measureSuite();
const distributed = await measureDistributed(url);
const backlog = await measureBacklog(url);
await engine.stop();

row('', 'CPU ms/debate', 'median ms', 'p99 ms', 'over ideal', 'debates/s');
show('undici, no service', undici);
show('OpenAI client, no service', openai);
show('Parley suite, embedded', suite);
show('  the same, 8 at once', calmer);
show('  the same, one by one', alone);
show('distributed, two of debate', distributed.two);
show('  the same, 8 at once', distributed.calmer);
show('  the same, one by one', distributed.alone);
show('distributed, one of debate', distributed.one);
print(
  `\nsuite CPU / undici ${(suite.cpuMs / undici.cpuMs).toFixed(2)}, / OpenAI client ${(suite.cpuMs / openai.cpuMs).toFixed(2)}; the client that loads it costs another ${suite.clientCpuMs.toFixed(2)} ms a debate`,
);
target('CPU ms per debate, suite and client', suite.cpuMs + suite.clientCpuMs, 3.5);
target('median added latency in percent', (100 * (suite.medianMs - IDEAL_MS)) / IDEAL_MS, 10);
target(
  'distributed: CPU ms per debate, all processes',
  Math.min(distributed.one.cpuMs, distributed.two.cpuMs),
  5,
);
target(
  'distributed: median added latency in percent',
  (100 * (distributed.two.medianMs - IDEAL_MS)) / IDEAL_MS,
  15,
);
print(
  `debates a second per core: embedded ${perCore(suite)}, distributed ${perCore(distributed.one)} with one replica of debate, ${perCore(distributed.two)} with two`,
);
floor('work of two replicas of debate / one', rate(distributed.two) / rate(distributed.one), 1.6);

print(
  `\nbacklog: ${backlog.debates} debates asked for through Kafka, ${backlog.found} found, queued in ${backlog.secondsToQueue.toFixed(1)} s`,
);
print(
  `store: ${backlog.storePerLive.toFixed(0)} bytes per waiting debate, ${backlog.storePerEnded.toFixed(0)} per ended one (of ${backlog.ended}) until its stream expires`,
);
print(
  `resident memory in MiB: ${Object.entries(backlog.memory)
    .map(([name, bytes]) => `${name}: ${(bytes / 2 ** 20).toFixed(0)}`)
    .join(', ')}`,
);
target('seconds to queue 100,000 debates', backlog.secondsToQueue, 30);
target('debates lost', backlog.debates - backlog.found, 0);

const assembly = await measureAssembly();
print(
  `\nassembly: ${assembly.rows} rows from ${assembly.transcripts} transcripts on disk in ${assembly.seconds.toFixed(2)} s`,
);
floor('rows a second', assembly.rows / assembly.seconds, 20_000);

await benchVoting();
await benchStreams();
await benchSlots();
process.exit(0);

async function reference(client: string): Promise<LoadResult> {
  const child = startScript('tests/load/reference.ts', [
    client,
    url,
    String(DEBATES),
    String(AT_ONCE),
  ]);
  return (await child.line()) as LoadResult;
}

/** The suite under the load, and under two lighter ones, since a closed loop of 64 is bound by its CPU. */
async function measureSuite(): Promise<[DebatesResult, DebatesResult, DebatesResult]> {
  const data = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const service = startScript('services/suite/src/main.ts', [], {
    PARLEY_ENGINES: url,
    PARLEY_DATA: data,
    PARLEY_HTTP_PORT: '0',
    PARLEY_GRPC_PORT: '0',
    PARLEY_ADMIN_PORT: '0',
    PARLEY_LOG_LEVEL: 'warn',
    PARLEY_ADDRESSES_JSON: 'true',
  });
  try {
    const { http, admin } = (await service.line()) as { http: string; admin: string };
    const load = async (debates: number, atOnce: number) => {
      return loadDebates({ inference: http, debate: [http], admin: [admin] }, debates, atOnce);
    };
    return [await load(DEBATES, AT_ONCE), await load(600, 8), await load(60, 1)];
  } finally {
    await service.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

function rate({ debates, wallSeconds }: LoadResult): number {
  return debates / wallSeconds;
}

/** Debates that a core could run in a second, by the CPU that they take. */
function perCore({ cpuMs }: LoadResult): string {
  return (1000 / cpuMs).toFixed(0);
}

function show(name: string, result: LoadResult): void {
  row(
    name,
    result.cpuMs.toFixed(2),
    result.medianMs.toFixed(1),
    result.p99Ms.toFixed(1),
    `${((100 * (result.medianMs - IDEAL_MS)) / IDEAL_MS).toFixed(1)} %`,
    (result.debates / result.wallSeconds).toFixed(0),
  );
}
