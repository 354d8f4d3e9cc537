import { setTimeout as delay } from 'node:timers/promises';
import { type Child, startScript } from './child.ts';
import { quantile } from './pool.ts';
import { floor, print, row, target } from './print.ts';
import type { Answered } from './voting-hostile.ts';
import type { PairsResult, SymbolicResult } from './voting-pairs.ts';
import type { TalliesResult } from './voting-tallies.ts';

const DEADLINE_MS = 250;
/** Pairs whose memory is watched, as many as the seconds allow. */
const DRAWN = 1_000_000;
const DRAWN_SECONDS = 120;
/** What a process with one thread may hold, however many the pairs. */
const MOST_MEMORY_MIB = 640;
/** Small requests a second beside the hostile ones, and for how long. */
const PER_SECOND = 50;
const SECONDS = 15;

/** Measures the voting service: tallies on one core, symbolic pairs on one thread, small votes beside hostile requests. */
export async function benchVoting(): Promise<void> {
  await benchTallies();
  await benchPairs();
  await benchBeside();
}

async function benchTallies(): Promise<void> {
  const child = startScript('tests/load/voting-tallies.ts', []);
  const result = (await child.line()) as TalliesResult;
  print('\nvoting: votes of 6 solutions of GSM8K, read and counted on one core');
  row('', 'votes/s', 'right');
  row('  Parley', result.votesPerSecond.toFixed(0), `${result.right.toFixed(1)} %`);
  row(
    '  last number as text',
    result.plainPerSecond.toFixed(0),
    `${result.plainRight.toFixed(1)} %`,
  );
  floor('votes a second', result.votesPerSecond, 20_000);
}

async function benchPairs(): Promise<void> {
  const args = [DEADLINE_MS, DRAWN, DRAWN_SECONDS].map(String);
  const child = startScript('tests/load/voting-pairs.ts', args);
  const { table, drawn, memory } = (await child.line()) as SymbolicResult;
  print('\nvoting: symbolic pairs, one after the other on one thread, none twice');
  row('', 'pairs', 'median ms', 'p99 ms', 'worst ms', 'unknown', 'wrong');
  show('  of the table', table);
  show('  drawn at random', drawn);
  target('median ms of a symbolic pair', table.medianMs, 3);
  target('p99 ms of a symbolic pair', table.p99Ms, 50);
  target('worst ms of a symbolic pair', Math.max(table.worstMs, drawn.worstMs), DEADLINE_MS + 50);
  const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
  print(
    `  resident MiB after ${(drawn.pairs / 20).toFixed(0)} of the drawn pairs ${mebibytes(memory.early)}, after all ${mebibytes(memory.end)}, at most ${mebibytes(memory.most)}`,
  );
  target('most resident MiB of the process', memory.most / 2 ** 20, MOST_MEMORY_MIB);
}

function show(
  name: string,
  { pairs, medianMs, p99Ms, worstMs, unknown, wrong }: PairsResult,
): void {
  row(
    name,
    String(pairs),
    medianMs.toFixed(2),
    p99Ms.toFixed(1),
    worstMs.toFixed(0),
    String(unknown),
    `${wrong.toFixed(1)} %`,
  );
}

async function benchBeside(): Promise<void> {
  const service = startScript('services/voting/src/main.ts', [], {
    PARLEY_HTTP_PORT: '0',
    PARLEY_GRPC_PORT: '0',
    PARLEY_ADMIN_PORT: '0',
    PARLEY_SYMBOLIC_DEADLINE_MS: String(DEADLINE_MS),
  });
  try {
    const http = await addressOf(service);
    await smallVotes(http, 3);
    const alone = await smallVotes(http, SECONDS);
    const hostile = startScript('tests/load/voting-hostile.ts', [http]);
    try {
      await hostile.line();
      const beside = await smallVotes(http, SECONDS);
      process.kill(hostile.pid, 'SIGUSR2');
      const answered = (await hostile.line()) as Answered;
      print(
        `\nvoting: ${PER_SECOND} small requests a second, beside megabytes of open braces (${answered.long} answered) and 10,000 pairs of symbolic bombs`,
      );
      row('', 'median ms', 'p99 ms', 'worst ms');
      showLatencies('  votes, alone', alone.votes);
      showLatencies('  votes, beside them', beside.votes);
      showLatencies('  symbolic grades, alone', alone.grades);
      showLatencies('  symbolic grades, beside', beside.grades);
      target('p99 ms of a small vote beside hostile requests', quantile(beside.votes, 0.99), 100);
    } finally {
      await hostile.stop();
    }
  } finally {
    await service.stop();
  }
}

/** The address that the service's log names. */
async function addressOf(service: Child): Promise<string> {
  for (;;) {
    const line = (await service.line()) as { http?: string };
    if (line.http !== undefined) return line.http;
  }
}

/** Prints the quantiles of a kind of request. */
function showLatencies(name: string, ms: number[]): void {
  row(
    name,
    quantile(ms, 0.5).toFixed(1),
    quantile(ms, 0.99).toFixed(1),
    Math.max(...ms).toFixed(0),
  );
}

/** Sends small requests at a steady pace, whatever their answers take: nine votes, then a grade that needs a thread. */
async function smallVotes(
  http: string,
  seconds: number,
): Promise<{ votes: number[]; grades: number[] }> {
  const votes: Promise<number>[] = [];
  const grades: Promise<number>[] = [];
  const start = performance.now();
  for (let index = 0; index < PER_SECOND * seconds; index += 1) {
    await delay(Math.max(0, start + (1000 * index) / PER_SECOND - performance.now()));
    if (index % 10 === 9) grades.push(timedPost(`${http}/v1/grades`, gradeOf(index)));
    else votes.push(timedPost(`${http}/v1/votes`, VOTE));
  }
  return { votes: await Promise.all(votes), grades: await Promise.all(grades) };
}

const VOTE = {
  policy: 'gsm',
  ballots: [
    { agent: 'critic-1', response: 'Half of 36 is 18.\n#### 18' },
    { agent: 'critic-2', response: 'The answer is $18.' },
    { agent: 'critic-3', response: 'So she has 17 left.' },
  ],
};

/** A pair that no request before had, so that it is not known. */
function gradeOf(index: number) {
  const n = Math.floor(performance.now()) + index;
  return { policy: 'boxed', pairs: [{ answer: `(x+1)(x+${n})`, reference: `x^2+${n + 1}x+${n}` }] };
}

async function timedPost(url: string, body: object): Promise<number> {
  const start = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} was answered by ${await response.text()}`);
  await response.arrayBuffer();
  return performance.now() - start;
}
