import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CycleView, RestClient } from './client.ts';
import { type DemoSettings, PROBLEM_SET, SOCIETY } from './settings.ts';

/** The collection of the training debates, and the batch that fills it. */
const COLLECTION = 'train';
const POLL_MS = 250;

type Split = { uri: string; sha256: string };
type Collection = { expected: number; ended: Record<string, number>; filled: boolean };
type Dataset = { id: string; seat: string; pools: Record<string, number> };

/** Where the datasets of a run without training are put, one file a seat. */
export function datasetsFolder({ out }: DemoSettings): string {
  return join(out, 'datasets');
}

/**
 * Debates the training problems with the society as it is and has the debates assembled into the datasets of all
 * seats, which are written to `datasetsFolder`. Repeated, it goes on.
 * @returns rows by seat and pool.
 */
export async function assembleDatasets(
  rest: RestClient,
  settings: DemoSettings,
  show: (progress: CycleView[]) => void,
): Promise<Record<string, Record<string, number>>> {
  const { agents, seed } = settings;
  const { splits } = await rest.get<{ splits: { train: Split } }>(
    `/v1/problem-sets/${PROBLEM_SET}`,
  );
  const { currentRevision: revision } = await rest.get<{ currentRevision: number }>(
    `/v1/societies/${SOCIETY}`,
  );
  const common = { society: SOCIETY, revision };
  await rest.post('/v1/collections', {
    ...common,
    id: COLLECTION,
    purpose: 'training',
    problemSet: PROBLEM_SET,
    split: 'train',
    agents,
  });
  const { uri, sha256 } = splits.train;
  await rest.post('/v1/batches', {
    ...common,
    id: COLLECTION,
    task: 'arithmetic',
    collection: COLLECTION,
    problems: { uri, sha256 },
    seed,
  });
  await filled(rest, show);
  const { datasets } = await rest.post<{ datasets: Dataset[] }>(
    `/v1/collections/${COLLECTION}/seal`,
    { seed },
  );
  const folder = datasetsFolder(settings);
  await mkdir(folder, { recursive: true });
  for (const { id, seat } of datasets)
    await rest.download(`/v1/datasets/${id}/rows`, join(folder, `${seat}.jsonl`));
  return Object.fromEntries(datasets.map(({ seat, pools }) => [seat, pools]));
}

/** @throws Error when the batch has failed. */
async function filled(rest: RestClient, show: (progress: CycleView[]) => void): Promise<void> {
  for (;;) {
    const batch = await rest.get<{ status: string; reason: string }>(`/v1/batches/${COLLECTION}`);
    if (batch.status === 'failed' || batch.status === 'cancelled')
      throw new Error(`the training debates ${batch.status}: ${batch.reason}`);
    const collection = await rest.get<Collection>(`/v1/collections/${COLLECTION}`);
    show([
      {
        spec: { name: 'datasets' },
        status: collection.filled ? 'completed' : 'running',
        reason: '',
        detail: '',
        iteration: 0,
        phase: 'debating',
        done: Object.values(collection.ended).reduce((sum, count) => sum + count, 0),
        total: collection.expected,
      },
    ]);
    if (collection.filled) return;
    await delay(POLL_MS);
  }
}
