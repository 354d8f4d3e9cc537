import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { handleEvents, openEvents, TOPICS } from '@parley/platform';
import { type DebateEnded, DebateEndedSchema } from '@parley/proto/debate';
import { SANDBOX_TRAINING } from '@parley/sandbox';
import { createSuite, developmentEnvironment, startEngine } from '@parley/suite';
import { expect, vi } from 'vitest';
import { type Asked, sequenceKey } from './counting-engine.ts';
import type { World } from './world.ts';

/** A REST call by method, path, body and headers; rejects unless it succeeds. */
export type Call = World['call'];

/** What a workload asks for. */
export type Size = { train: number; evaluation: number; iterations: number; debates: number };

/** The society of all debates, and its revision that they are held with. */
export const SOCIETY = 'society';
export const REVISION = 1;
const CYCLE = 'cycle';
/** How long anything that was accepted may take to end. */
export const LONG = { timeout: 300_000, interval: 250 };

/** Asks for the society of all debates; repeated, it changes nothing. */
export async function createSociety(call: Call): Promise<void> {
  await createOnce(call, '/v1/societies', {
    name: SOCIETY,
    base: 'base',
    agents: 3,
    protocol: { rounds: 2, sampling: { temperature: 1, topP: 1, maxTokens: 1024 } },
  });
}

/** Asks for the society and a cycle over it; repeated, it changes nothing. */
export async function startCycle(
  call: Call,
  { train, evaluation, iterations }: Size,
): Promise<void> {
  await createSociety(call);
  await call('POST', '/v1/problem-sets', {
    name: 'arithmetic',
    task: 'arithmetic',
    arithmetic: { seed: 1, train, evaluation },
  });
  await call('POST', '/v1/cycles', {
    name: CYCLE,
    society: SOCIETY,
    problemSet: 'arithmetic',
    iterations,
    seed: 1,
    method: SANDBOX_TRAINING,
  });
}

async function createOnce(
  call: Call,
  path: string,
  body: { name: string; [field: string]: unknown },
): Promise<void> {
  await call('POST', path, body).catch(async (error: unknown) => {
    await call('GET', `${path}/${body.name}`).catch(() => {
      throw error;
    });
  });
}

/** Asks for one debate, whose id depends on its number only, and waits for its end elsewhere. */
export async function acceptDebate(call: Call, number: number): Promise<string> {
  const body = {
    society: SOCIETY,
    revision: REVISION,
    question: `What is the result of 3+${number}*5+6-7*8?`,
    task: 'arithmetic',
    seed: number,
  };
  const { id } = await call('POST', '/v1/debates', body, { 'idempotency-key': `chaos-${number}` });
  return id;
}

/** Accepts `count` debates, `atOnce` at a time, numbered from `first`; their ids. */
export async function acceptDebates(
  call: Call,
  count: number,
  atOnce: number,
  first = 0,
): Promise<string[]> {
  const ids: string[] = [];
  let next = first;
  const workers = Array.from({ length: atOnce }, async () => {
    while (next < first + count) ids.push(await acceptDebate(call, next++));
  });
  await Promise.all(workers);
  return ids;
}

/** Waits until the debates have ended. */
export async function debatesEnded(call: Call, ids: readonly string[]): Promise<void> {
  const open = new Set(ids);
  await vi.waitFor(async () => {
    for (const id of [...open]) {
      const { status } = await call('GET', `/v1/debates/${id}`);
      if (status === 'queued' || status === 'running') break;
      open.delete(id);
    }
    expect([...open], 'debates that have not ended').toEqual([]);
  }, LONG);
}

/** Waits until the cycle has ended, whatever its end. */
export async function cycleEnded(call: Call): Promise<void> {
  await vi.waitFor(async () => {
    const { status, phase, done, total } = await call('GET', `/v1/cycles/${CYCLE}`);
    expect(status, `${phase} ${done}/${total}`).not.toBe('running');
  }, LONG);
}

/** How far the cycle is, for people. */
export async function cycleProgress(call: Call): Promise<string> {
  const { status, phase, iteration, done, total } = await call('GET', `/v1/cycles/${CYCLE}`);
  return `${status} ${iteration} ${phase} ${done}/${total}`;
}

/** What a cycle comes to, without times: its iterations, and the digests of all its datasets. */
export type CycleResult = {
  status: string;
  reason: string;
  detail: string;
  iterations: unknown[];
  datasets: Record<string, string>;
};

export async function cycleResult(call: Call): Promise<CycleResult> {
  const { status, reason, detail, iterations } = await call('GET', `/v1/cycles/${CYCLE}`);
  const { datasets } = await call('GET', '/v1/datasets?limit=1000');
  return {
    status,
    reason,
    detail,
    iterations: withoutTimes(iterations) as unknown[],
    datasets: Object.fromEntries(
      datasets
        .map(({ id, sha256 }: { id: string; sha256: string }) => [id, sha256])
        .sort(([a]: [string], [b]: [string]) => (a < b ? -1 : 1)),
    ),
  };
}

/** The same without what differs from run to run: seconds, and manifests, which name transcripts with times. */
function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([key]) => key !== 'seconds' && key !== 'manifest');
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutTimes(inner)]));
}

/** The result of the same cycle in one process on the embedded adapters, undisturbed. */
export async function undisturbed(size: Size): Promise<CycleResult> {
  const data = await mkdtemp(join(tmpdir(), 'parley-undisturbed-'));
  const engine = await startEngine();
  const suite = await createSuite({
    ...developmentEnvironment(engine),
    PARLEY_LOG_LEVEL: 'silent',
    PARLEY_DATA: data,
    PARLEY_HTTP_PORT: '0',
    PARLEY_GRPC_PORT: '0',
    PARLEY_ADMIN_PORT: '0',
  });
  const { http } = await suite.start();
  const call: Call = async (method, path, body) => {
    const init =
      body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${http}${path}`, { method, ...init });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.json();
  };
  try {
    await startCycle(call, size);
    await cycleEnded(call);
    return await cycleResult(call);
  } finally {
    await suite.destroy();
    await engine.stop();
    await rm(data, { recursive: true, force: true });
  }
}

/** A span of time in which what was under way may have been lost, by `performance.now()`. */
export type Span = { from: number; to: number };

/** What was looked at, and how much of it there was. */
export type Checked = {
  debates: number;
  endedEvents: number;
  repeatedEvents: number;
  turns: number;
  paidTwice: number;
};

/**
 * Holds what stands in the services against what was accepted and what the engine was asked for:
 * - each accepted debate has ended, and its events all say the same;
 * - the engine was asked once for each turn (two cycles' iterations may ask the same of the base model, and have
 *   a turn each); again only where the first call, or what became of it, was under way in one of `disturbed`.
 */
export async function checkDebates(
  { call, engine, infrastructure, said }: World,
  accepted: readonly string[],
  disturbed: readonly Span[],
): Promise<Checked> {
  const events = await endedEvents(infrastructure.kafka.url, accepted);
  const wanted = new Map<string, string[]>();
  for (const [id, told] of events) {
    const [first] = told;
    for (const one of told) expect(one, `all events of ${id}`).toEqual(first);
    const debate = await call('GET', `/v1/debates/${id}`);
    expect([id, debate.status, debate.reason]).toEqual([id, first?.status, first?.reason]);
    expect(debate.status, `${id}: ${debate.reason}`).toBe('completed');
    expect(debate.turns, id).toHaveLength(9);
    for (const turn of debate.turns) {
      const key = sequenceKey(turn.servedName, turn.prompt, turn.seed);
      wanted.set(key, [...(wanted.get(key) ?? []), `${id} ${turn.seat} ${turn.round}`]);
    }
  }
  let turns = 0;
  let paidTwice = 0;
  for (const [key, of] of wanted) {
    turns += of.length;
    const asked = engine.asked.get(key) ?? [];
    const again = asked.length - of.length;
    expect(again, `how often ${of.join(', ')} was paid besides once`).toBeGreaterThanOrEqual(0);
    paidTwice += again;
    const excused = asked.slice(0, -1).filter((one) => wasUnderWay(one, disturbed));
    if (again > excused.length) {
      const logs = (await said(of.map((turn) => turn.split(' ', 1)[0] ?? ''))).join('\n');
      expect.fail(`${of.join(', ')} was paid again without a cause: ${shown(asked)}\n${logs}`);
    }
  }
  const all = [...events.values()];
  return {
    debates: events.size,
    endedEvents: all.length,
    repeatedEvents: all.reduce((sum, told) => sum + told.length - 1, 0),
    turns,
    paidTwice,
  };
}

/**
 * Holds that each accepted debate and each that has an event has ended, and that all its events give one answer. A
 * debate of which the store lost the end is held again: its seeds are the same, its times are not.
 */
export async function endedOnce(
  { call, infrastructure }: World,
  accepted: readonly string[],
): Promise<{ debates: number; repeatedEvents: number }> {
  const events = await endedEvents(infrastructure.kafka.url, accepted);
  let repeatedEvents = 0;
  for (const [id, told] of events) {
    const outcomes = new Set(told.map(({ status, answer }) => `${status} ${answer}`));
    const { status, vote } = await call('GET', `/v1/debates/${id}`);
    expect([...outcomes], id).toEqual([`${status} ${vote?.answer}`]);
    expect(status, id).toBe('completed');
    repeatedEvents += told.length - 1;
  }
  return { debates: events.size, repeatedEvents };
}

/**
 * How long a call may be on its way to the engine, and its answer into the store, on a machine on which a dozen
 * processes start.
 */
const ON_ITS_WAY_MS = 1_000;

function shown(asked: readonly Asked[]): string {
  return asked.map(({ start, end }) => `${start.toFixed()}..${end.toFixed()}`).join(' ');
}

function wasUnderWay({ start, end }: Asked, disturbed: readonly Span[]): boolean {
  return disturbed.some(
    ({ from, to }) => start <= to + ON_ITS_WAY_MS && end + ON_ITS_WAY_MS >= from,
  );
}

/** Every event of ended debates in the log, by debate; waits until each of `accepted` is there. */
async function endedEvents(
  url: string,
  accepted: readonly string[],
): Promise<Map<string, DebateEnded[]>> {
  const log = await openEvents(url);
  const found = new Map<string, DebateEnded[]>();
  try {
    await handleEvents(log, DebateEndedSchema, {
      topic: TOPICS.debatesEnded,
      group: `check-${process.pid}-${performance.now()}`,
      async handle(event) {
        found.set(event.debate, [...(found.get(event.debate) ?? []), event]);
      },
    });
    await vi.waitFor(() => {
      const missing = accepted.filter((id) => !found.has(id));
      expect(missing, 'debates without an event').toEqual([]);
    }, LONG);
    return found;
  } finally {
    await log.close();
  }
}
