import { Pool } from 'undici';
import { measured } from './pool.ts';

/**
 * Creates debates over REST and waits for each. Usage: suite-load.ts <suite url> <admin url> <debates> <at once>;
 * prints a LoadResult whose CPU is the suite's, and `clientCpuMs`, this process's own.
 */
const [url = '', admin = '', debates = '2000', width = '64'] = process.argv.slice(2);
const pool = new Pool(url, { connections: Number(width) });

async function debate(index: number): Promise<void> {
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

async function suiteCpuSeconds(): Promise<number> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  const value = /^process_cpu_seconds_total ([\d.e+-]+)/m.exec(text)?.[1];
  if (value === undefined) throw new Error('the suite does not say its CPU time');
  return Number(value);
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const created = await pool.request({
  method: 'POST',
  path: '/v1/societies',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ name: 'bench', base: 'base', agents: 3 }),
});
if (created.statusCode !== 201 && created.statusCode !== 409)
  throw new Error(await created.body.text());
await created.body.dump();
let before = 0;
let after = 0;
let asked = 0;
const result = await measured(Number(debates), Number(width), debate, async () => {
  if (asked++ === 0) before = ownCpuMs();
  else after = ownCpuMs();
  return suiteCpuSeconds();
});
process.stdout.write(
  `${JSON.stringify({ ...result, clientCpuMs: (after - before) / Number(debates) })}\n`,
);
process.exit(0);
