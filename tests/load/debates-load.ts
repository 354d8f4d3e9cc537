import { Pool } from 'undici';
import { measured } from './pool.ts';

/** Where Parley is: REST of inference, REST of each debate replica, admin of every process. */
export type Target = { inference: string; debate: readonly string[]; admin: readonly string[] };

/**
 * Creates debates over REST and waits for each. Usage: debates-load.ts <target as JSON> <debates> <at once>;
 * prints a LoadResult whose CPU is that of all processes of the target, and `clientCpuMs`, this process's own.
 */
const [target = '{}', debates = '2000', width = '64'] = process.argv.slice(2);
const { inference, debate: replicas, admin } = JSON.parse(target) as Target;
const pools = replicas.map((url) => new Pool(url, { connections: Number(width) }));

async function debate(index: number): Promise<void> {
  const pool = pools[index % pools.length] as Pool;
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/v1/debates',
    headers: { 'content-type': 'application/json', prefer: 'wait=30' },
    body: JSON.stringify({
      society: 'bench',
      question: `What is the result of 3+4*5+6-7*${index}?`,
      task: 'arithmetic',
      seed: index,
    }),
  });
  const answer = (await body.json()) as { status?: string; vote?: { answer: string } };
  if (statusCode !== 201 || answer.status !== 'completed' || answer.vote?.answer !== '29')
    throw new Error(`debate ${index}: ${statusCode} ${JSON.stringify(answer)}`);
}

async function cpuSecondsOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = /^process_cpu_seconds_total ([\d.e+-]+)/m.exec(text)?.[1];
  if (value === undefined) throw new Error(`${url} does not say its CPU time`);
  return Number(value);
}

async function cpuSeconds(): Promise<number> {
  const all = await Promise.all(admin.map(cpuSecondsOf));
  return all.reduce((sum, one) => sum + one, 0);
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const created = await fetch(`${inference}/v1/societies`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ name: 'bench', base: 'base', agents: 3 }),
});
if (!created.ok && created.status !== 409) throw new Error(await created.text());
await created.body?.cancel();
let before = 0;
let after = 0;
let asked = 0;
const result = await measured(Number(debates), Number(width), debate, async () => {
  if (asked++ === 0) before = ownCpuMs();
  else after = ownCpuMs();
  return cpuSeconds();
});
process.stdout.write(
  `${JSON.stringify({ ...result, clientCpuMs: (after - before) / Number(debates) })}\n`,
);
process.exit(0);
