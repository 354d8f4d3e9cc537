import {
  canonicalJson,
  emit,
  type Operation,
  ParleyError,
  type Store,
  TOPICS,
} from '@parley/platform';
import { DatasetsSealedSchema } from '@parley/proto/dataset';
import type { Dataset, SealSpec } from '../domain/dataset.ts';
import { splitDatasetId } from '../domain/dataset.ts';
import { collectionOwner } from './collections.ts';
import { datasetMessage } from './message.ts';
import type { Listed } from './problem-sets.ts';

/** Sealed datasets, and the sealings that make them. */
export type Datasets = {
  /**
   * Begins a sealing, or finds it begun.
   * @returns the datasets once it has ended.
   * @throws ParleyError ALREADY_EXISTS when it was begun with other settings.
   */
  begin(spec: SealSpec): Promise<Dataset[] | undefined>;
  /** Ends a sealing: its datasets stand and are published, in one commit. Returns those that stand. */
  end(spec: SealSpec, datasets: Dataset[]): Promise<Dataset[]>;
  /** @throws ParleyError NOT_FOUND */
  get(id: string): Promise<Dataset>;
  list(page: { limit: number; cursor?: string; collection?: string }): Promise<Listed<Dataset>>;
};

type Sealing = { spec: SealSpec; datasets: Dataset[] | null };

const INDEX = 'datasets';

/** Datasets in the store, each under its collection. */
export function createDatasets(store: Store): Datasets {
  async function sealing(spec: SealSpec) {
    const found = await store.get<Sealing>(collectionOwner(spec.collection), recordOf(spec));
    if (found && canonicalJson(found.value.spec) !== canonicalJson(spec))
      throw new ParleyError(
        'ALREADY_EXISTS',
        `collection '${spec.collection}' was sealed with ${canonicalJson(found.value.spec)}`,
        { field: 'collection' },
      );
    return found;
  }

  async function get(id: string): Promise<Dataset> {
    const parts = splitDatasetId(id);
    const found =
      parts &&
      (await store.get<Dataset>(collectionOwner(parts.collection), datasetName(parts.seat)));
    if (found) return found.value;
    throw new ParleyError('NOT_FOUND', `there is no dataset '${id}'`, { field: 'id' });
  }

  return {
    get,

    async begin(spec) {
      const found = await sealing(spec);
      if (found) return found.value.datasets ?? undefined;
      const value: Sealing = { spec, datasets: null };
      try {
        await store.commit(collectionOwner(spec.collection), [
          { op: 'put', name: recordOf(spec), value, expect: 'absent' },
        ]);
        return undefined;
      } catch (thrown) {
        if (ParleyError.from(thrown).reason !== 'CONFLICT') throw thrown;
        return (await sealing(spec))?.value.datasets ?? undefined;
      }
    },

    async end(spec, datasets) {
      const found = await sealing(spec);
      if (found?.value.datasets) return found.value.datasets;
      const value: Sealing = { spec, datasets };
      try {
        await store.commit(collectionOwner(spec.collection), [
          { op: 'put', name: recordOf(spec), value, expect: found?.version ?? 'absent' },
          ...datasets.flatMap(standing),
          sealedEvent(spec, datasets),
        ]);
        return datasets;
      } catch (thrown) {
        if (ParleyError.from(thrown).reason !== 'CONFLICT') throw thrown;
        const standing = (await sealing(spec))?.value.datasets;
        if (standing) return standing;
        throw thrown;
      }
    },

    async list({ limit, cursor, collection }) {
      const page = await store.range(collection === undefined ? INDEX : indexOf(collection), {
        limit,
        ...(cursor === undefined ? {} : { after: cursor }),
      });
      const items = await Promise.all(page.members.map(get));
      return page.next === undefined ? { items } : { items, next: page.next };
    },
  };
}

function standing(dataset: Dataset): Operation[] {
  const rank = Date.parse(dataset.createdAt);
  return [
    { op: 'put', name: datasetName(dataset.seat), value: dataset },
    { op: 'index', index: INDEX, member: dataset.id, rank },
    { op: 'index', index: indexOf(dataset.collection), member: dataset.id, rank },
  ];
}

function sealedEvent({ collection, pooling }: SealSpec, datasets: Dataset[]): Operation {
  return emit(
    DatasetsSealedSchema,
    { collection, datasets: datasets.map(datasetMessage) },
    {
      topic: TOPICS.datasetsSealed,
      key: collection,
      source: 'dataset',
      id: `datasets-sealed/${collection}/${pooling}`,
    },
  );
}

function recordOf({ pooling }: SealSpec): string {
  return `sealing/${pooling}`;
}

function datasetName(seat: string): string {
  return `dataset/${seat}`;
}

function indexOf(collection: string): string {
  return `datasets/${collection}`;
}
