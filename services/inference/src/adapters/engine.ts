import { ParleyError } from '@parley/platform';
import { hashText } from '../domain/affinity.ts';
import { Breaker } from '../domain/breaker.ts';
import { type Concurrency, nextConcurrency, startConcurrency } from '../domain/concurrency.ts';
import type { EngineReport } from '../domain/engine-report.ts';
import type { Slot } from '../domain/route.ts';
import {
  createEngineClient,
  type EngineClient,
  type EngineClientOptions,
  type ServedModel,
} from './engine-client.ts';

/** An engine as it is known here. Times are those of `performance.now()`. */
export type Engine = Slot & {
  readonly client: EngineClient;
  /** Whether it answers probes. */
  up: boolean;
  version: string;
  /** What it says that it serves. */
  models: ReadonlyMap<string, ServedModel>;
  /** What may be sent to it: its base models, and the adapters on it that have been checked. */
  readonly ready: Set<string>;
  /** Sequences in flight from here by model. */
  readonly inFlightOf: Map<string, number>;
  readonly breaker: Breaker;
  /** What it said of itself last; undefined when that was never what vLLM says. */
  report: EngineReport | undefined;
  /** The last failure, or empty once it is up again. */
  lastError: string;
};

/** An engine with what only the pool and its probes keep. */
export type Member = Engine & {
  failures: number;
  /** Looks in a row that got no answer at all. */
  silences: number;
  /** Counts changes of `models` that were made here: what a probe saw before is out of date. */
  changes: number;
  concurrency: Concurrency;
  probing: Promise<void> | undefined;
};

const FAILURES_UNTIL_DOWN = 2;
const SILENCES_UNTIL_CUT = 3;

/** An engine that has not been looked at yet. @param cap sequences, and connections, at most. */
export function createMember(
  url: string,
  { cap, ...client }: { cap: number } & Omit<EngineClientOptions, 'connections'>,
): Member {
  const concurrency = startConcurrency(cap);
  return {
    url,
    hash: hashText(url),
    cap,
    target: concurrency.target,
    client: createEngineClient(url, { connections: cap, ...client }),
    inFlight: 0,
    elsewhere: 0,
    kvCacheUsage: 0,
    cachesPrefixes: true,
    since: performance.now(),
    up: false,
    version: '',
    models: new Map(),
    ready: new Set(),
    inFlightOf: new Map(),
    breaker: new Breaker(),
    report: undefined,
    lastError: 'not looked at yet',
    failures: 0,
    silences: 0,
    changes: 0,
    concurrency,
    probing: undefined,
  };
}

/**
 * Looks at an engine: is it up, what does it serve, how loaded is it. It is down after two looks that failed. One
 * that does not answer at all for three has its calls cut, so that they are made elsewhere.
 */
export async function probe(member: Member): Promise<void> {
  const { changes, client, breaker } = member;
  try {
    await client.health();
    const [models, version, report] = await Promise.all([
      client.models(),
      client.version().catch(() => ''),
      client.report().catch(() => undefined),
    ]);
    if (member.changes === changes) see(member, models);
    member.version = version;
    if (report !== undefined || member.report === undefined) weigh(member, report);
    member.failures = 0;
    member.silences = 0;
    if (!member.up) {
      member.lastError = '';
      member.since = performance.now();
    }
    member.up = true;
    breaker.rest(performance.now());
  } catch (thrown) {
    const error = ParleyError.from(thrown);
    member.lastError = error.message;
    member.failures += 1;
    member.silences = isSilence(error) ? member.silences + 1 : 0;
    if (member.failures >= FAILURES_UNTIL_DOWN) member.up = false;
    if (member.silences === SILENCES_UNTIL_CUT)
      client.cut(
        new ParleyError('ENGINE_UNAVAILABLE', `engine ${member.url} is silent: ${error.message}`),
      );
  }
}

/** Takes over what an engine says that it serves. */
function see(member: Member, models: readonly ServedModel[]): void {
  member.models = new Map(models.map((model) => [model.name, model]));
  for (const name of member.ready) if (!member.models.has(name)) member.ready.delete(name);
  for (const { name, adapter } of models) if (!adapter) member.ready.add(name);
}

/** Takes over how loaded an engine says that it is; where it never says it, the cap alone holds. */
function weigh(member: Member, report: EngineReport | undefined): void {
  const { inFlight, cap } = member;
  member.report = report;
  if (report === undefined) {
    member.target = cap;
    return;
  }
  const { running, waiting, waitingForRoom } = report;
  const seen = { running, waiting: waitingForRoom };
  member.concurrency = nextConcurrency(member.concurrency, seen, inFlight, cap);
  member.target = Math.max(1, Math.floor(member.concurrency.target));
  member.elsewhere = Math.max(0, running + waiting - inFlight);
  member.kvCacheUsage = report.kvCacheUsage;
  member.cachesPrefixes = report.cachesPrefixes;
}

/** Why an engine is not fully used, or empty: an open breaker, else its last failure. */
export function troubleOf({ breaker, lastError }: Engine): string {
  if (breaker.state === 'closed') return lastError;
  return `its breaker is ${breaker.state}, calls failed: ${lastError}`;
}

const SILENT = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);

function isSilence({ cause }: ParleyError): boolean {
  return cause instanceof Error && 'code' in cause && SILENT.has(String(cause.code));
}
