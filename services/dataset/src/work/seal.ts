import { type Artifacts, ParleyError, type StoredArtifact } from '@parley/platform';
import type { DatasetContext } from '../context.ts';
import { planSeats, type SeatPlan } from '../domain/assembly.ts';
import type { Pool } from '../domain/assess.ts';
import type { Collection, Result } from '../domain/collection.ts';
import type { Dataset, SealSpec } from '../domain/dataset.ts';
import { MAX_LISTED_SOURCES, manifestOf, type Origin, poolSums } from '../domain/manifest.ts';
import { assessDebates } from './assess-debates.ts';
import { openDebates } from './debates.ts';
import { writeRows } from './write-rows.ts';

/**
 * Assembles a filled training collection into datasets. What comes out depends on the collection, the
 * transcripts and the settings alone, so that a call after a crash, or beside another one, makes the same.
 * @throws ParleyError NOT_FOUND; FAILED_PRECONDITION when it is not filled or not for training;
 * ALREADY_EXISTS when it was sealed with other settings; DATA_CORRUPT naming a debate.
 */
export async function seal(
  context: DatasetContext,
  spec: SealSpec,
  signal: AbortSignal,
): Promise<Dataset[]> {
  const { artifacts, collections, datasets, metrics } = context;
  const collection = await collections.get(spec.collection);
  checkSealable(collection);
  const standing = await datasets.begin(spec);
  if (standing) return standing;

  const began = performance.now();
  const results = await orderedResults(context, collection);
  const debates = openDebates(artifacts, collection, results, context.sealMemoryBytes);
  const assessments = await assessDebates(collection, debates, context.grader, signal);
  const plans = planSeats(assessments, { ...spec, agents: collection.agents });
  const files = filesOf(spec, plans);
  const stored = await writeRows(artifacts, debates, files, signal);
  const origin: Origin = {
    collection,
    settings: spec,
    assessments,
    sources: await sourcesOf(artifacts, collection.id, results),
  };
  const made = await Promise.all(
    files.map((file, index) => describe(context, origin, file, stored[index] as StoredArtifact)),
  );
  const ended = await datasets.end(spec, made);
  for (const { pools } of ended)
    for (const [pool, rows] of Object.entries(pools) as [Pool, number][])
      metrics.rowsWritten(pool, rows);
  metrics.sealed((performance.now() - began) / 1000);
  return ended;
}

function checkSealable({ id, purpose, filled, ended, expected }: Collection): void {
  if (purpose !== 'training')
    throw new ParleyError(
      'FAILED_PRECONDITION',
      `collection '${id}' is for ${purpose}; only training collections become datasets`,
    );
  if (filled) return;
  const count = Object.values(ended).reduce((sum, one) => sum + one, 0);
  throw new ParleyError(
    'FAILED_PRECONDITION',
    `collection '${id}' is not filled: ${count} of ${expected} debates have ended`,
  );
}

/** How the debates ended, in the order of the problems. */
export async function orderedResults(
  { collections, problemSets }: Pick<DatasetContext, 'collections' | 'problemSets'>,
  collection: Collection,
): Promise<Result[]> {
  const results = await collections.results(collection.id);
  const problems = await problemSets.problems(collection.source);
  return problems.map(({ id }) => {
    const result = results.get(id);
    if (result) return result;
    throw new ParleyError(
      'DATA_CORRUPT',
      `collection '${collection.id}' is filled but has no result for problem '${id}'`,
    );
  });
}

type SeatFile = { path: string; id: string; seat: string; plans: readonly SeatPlan[] };

function filesOf({ collection, pooling }: SealSpec, plans: readonly SeatPlan[]): SeatFile[] {
  const file = (seat: string, of: readonly SeatPlan[]) => ({
    path: `datasets/${collection}/${seat}.jsonl`,
    id: `${collection}.${seat}`,
    seat,
    plans: of,
  });
  return pooling === 'all' ? [file('all', plans)] : plans.map((plan) => file(plan.seat, [plan]));
}

async function sourcesOf(
  artifacts: Artifacts,
  collection: string,
  results: readonly Result[],
): Promise<Origin['sources']> {
  const list = results.map(({ debate, transcript }) => ({ debate, sha256: transcript.sha256 }));
  if (list.length <= MAX_LISTED_SOURCES) return { list };
  const text = list.map((source) => `${JSON.stringify(source)}\n`).join('');
  const { uri, sha256 } = await artifacts.put(
    `datasets/${collection}/sources.jsonl`,
    Buffer.from(text),
  );
  return { uri, sha256, count: list.length };
}

async function describe(
  { artifacts, now }: DatasetContext,
  origin: Origin,
  { path, id, seat, plans }: SeatFile,
  { uri, sha256, bytes }: StoredArtifact,
): Promise<Dataset> {
  const rows = plans.reduce((sum, { debates }) => sum + debates.length, 0);
  const manifest = manifestOf(origin, { id, seat }, plans, { uri, sha256, bytes, rows });
  const stored = await artifacts.put(
    `${path.replace(/\.jsonl$/, '')}.manifest.json`,
    Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`),
  );
  const pools = Object.entries(poolSums(plans)).map(([pool, { used }]) => [pool, used]);
  return {
    id,
    collection: origin.collection.id,
    seat,
    rows,
    bytes,
    pools: Object.fromEntries(pools) as Dataset['pools'],
    uri,
    sha256,
    manifest: { uri: stored.uri, sha256: stored.sha256 },
    createdAt: new Date(now()).toISOString(),
  };
}
