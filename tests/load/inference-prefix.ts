import { createGrpcClient } from '@parley/platform';
import { InferenceService } from '@parley/proto/inference';
import { debateOnce } from './inference-debate.ts';
import { startInference } from './inference-process.ts';
import { timed } from './pool.ts';
import { print } from './print.ts';
import { startRandomEngine } from './random-engine.ts';

/** Tokens of prompts, a debate: those that engines looked up in their caches of prefixes, and those found there. */
export type PrefixUse = { queried: number; cached: number };

/** What the engines said of each kind of traffic. */
export type PrefixResult = {
  /** Debates of three rounds, routed by Parley. */
  routed: PrefixUse;
  /** The same, every call to an engine drawn at random. */
  random: PrefixUse;
  /** First rounds alone, to engines drawn at random: one upstream call of three choices. */
  choices: PrefixUse;
  /** The same, three upstream calls. */
  apart: PrefixUse;
};

export type PrefixOptions = {
  /** Debates of each kind. */
  debates?: number;
  /** Debates at once. */
  atOnce?: number;
  /** Characters of a question; a prompt must be longer than a block of the engines' cache to be found there. */
  questionLength?: number;
};

const QUERIES = 'vllm:prefix_cache_queries_total';
const HITS = 'vllm:prefix_cache_hits_total';
/** Between seeds that do not follow each other. */
const SPREAD = 7;

/**
 * Measures at running engines, by their own counters, how much of debates' prompts they find in their caches.
 * Nothing else may call the engines meanwhile. They must serve `base`.
 * @returns undefined when an engine has no such counters.
 */
export async function measurePrefix(
  urls: readonly string[],
  options: PrefixOptions = {},
): Promise<PrefixResult | undefined> {
  const { debates = 32, atOnce = 8, questionLength = 300 } = options;
  if ((await prefixUse(urls)) === undefined) return undefined;
  const balancer = await startRandomEngine(urls);
  let asked = 0;

  async function run(
    engines: readonly string[],
    rounds: number,
    seedStep: number,
  ): Promise<PrefixUse> {
    const inference = await startInference(engines);
    const client = createGrpcClient(InferenceService, {
      address: inference.grpc,
      defaultDeadlineMs: 120_000,
    });
    try {
      const before = await prefixUse(urls);
      const first = asked;
      asked += debates;
      await timed(debates, atOnce, (index) => {
        const seed = 1000 * (first + index);
        const text = question(seed, questionLength);
        return debateOnce(client, { question: text, rounds, seed, seedStep });
      });
      const after = await prefixUse(urls);
      return {
        queried: ((after?.queried ?? 0) - (before?.queried ?? 0)) / debates,
        cached: ((after?.cached ?? 0) - (before?.cached ?? 0)) / debates,
      };
    } finally {
      client.close();
      await inference.stop();
    }
  }

  try {
    return {
      routed: await run(urls, 3, 1),
      random: await run([balancer.url], 3, 1),
      choices: await run([balancer.url], 1, 1),
      apart: await run([balancer.url], 1, SPREAD),
    };
  } finally {
    await balancer.close();
  }
}

/** Prints what `measurePrefix` found. */
export function printPrefix(result: PrefixResult | undefined): void {
  if (result === undefined) {
    print(`prefixes: not measured, an engine does not tell ${QUERIES} and ${HITS}`);
    return;
  }
  const { routed, random, choices, apart } = result;
  print('tokens of prompts, by the counters of the engines:');
  compare('debate of 15 calls', ['routed', routed], ['engines at random', random]);
  compare('first round, at random', ['n = 3', choices], ['three calls', apart]);
}

function compare(what: string, better: [string, PrefixUse], worse: [string, PrefixUse]): void {
  for (const [name, use] of [better, worse])
    print(
      `  ${what}, ${name}: ${use.queried.toFixed(0)}, of which ${use.cached.toFixed(0)} cached, ${computed(use).toFixed(0)} computed`,
    );
  print(`  saved: ${(100 * (1 - computed(better[1]) / computed(worse[1]))).toFixed(1)} %`);
}

function computed({ queried, cached }: PrefixUse): number {
  return queried - cached;
}

/** A question that begins like no other. */
function question(seed: number, length: number): string {
  const terms = [String(seed)];
  for (let term = 1; terms.join('+').length < length; term += 1) terms.push(`${term}*${seed % 97}`);
  return `${terms.join('+')}=?`;
}

async function prefixUse(urls: readonly string[]): Promise<PrefixUse | undefined> {
  const use: PrefixUse = { queried: 0, cached: 0 };
  for (const url of urls) {
    const page = await (await fetch(`${url}/metrics`)).text();
    const queried = counter(page, QUERIES);
    const cached = counter(page, HITS);
    if (queried === undefined || cached === undefined) return undefined;
    use.queried += queried;
    use.cached += cached;
  }
  return use;
}

/** A counter in Prometheus's text format, summed over its label sets; undefined when it is not there. */
function counter(page: string, name: string): number | undefined {
  const lines = page.split('\n').filter((line) => line.startsWith(`${name}{`));
  if (lines.length === 0) return undefined;
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

if (import.meta.main) printPrefix(await measurePrefix(process.argv.slice(2)));
