import { canonicalJson, emit, ParleyError, type Store, TOPICS } from '@parley/platform';
import { CollectionFilledSchema } from '@parley/proto/dataset';
import {
  type Collection,
  type CollectionSpec,
  type Result,
  withEnded,
} from '../domain/collection.ts';
import type { Listed, ProblemSets } from './problem-sets.ts';
import { recent } from './recent.ts';

/** What became of an ended debate: counted; kept until its collection is opened; or why it was not. */
export type Outcome = 'counted' | 'early' | 'duplicate' | 'unknown-problem' | 'other-society';

/** An ended debate of a collection. */
export type EndedDebate = Result & { collection: string; society: string; revision: number };

export type Collections = {
  /**
   * Opens a collection over a split as it stands, or finds it open already, and counts what ended before.
   * @throws ParleyError NOT_FOUND without the split; ALREADY_EXISTS when the id stands for another one.
   */
  open(spec: CollectionSpec): Promise<Collection>;
  /** @throws ParleyError NOT_FOUND */
  get(id: string): Promise<Collection>;
  list(page: { limit: number; cursor?: string }): Promise<Listed<Collection>>;
  /**
   * Counts an ended debate into its collection: once for each problem, whichever debate ends first and
   * however often its event comes. The one that fills the collection publishes that in the same commit. One whose
   * collection is not open is kept for `EARLY_KEPT_MS`: after a store has lost writes, events are read again before
   * whoever opens the collection has come to that.
   */
  record(ended: EndedDebate): Promise<Outcome>;
  /** How every problem's debate ended, by problem id. */
  results(id: string): Promise<Map<string, Result>>;
};

const RECORD = 'collection';
const RESULTS = 'results';
const EARLY = 'early';
/** How long debates of a collection that nobody opens are kept: as long as their events are. */
const EARLY_KEPT_MS = 14 * 24 * 3_600_000;
const INDEX = 'collections';
const PAGE = 1000;

type Standing = { value: Collection; version: number };

/** Collections in the store. Their owner there is `collectionOwner`. */
export function createCollections(
  store: Store,
  problemSets: ProblemSets,
  now: () => number,
): Collections {
  const standing = recent<Standing>(1000);
  const members = recent<Promise<ReadonlySet<string>>>(8);

  async function read(id: string): Promise<Standing | undefined> {
    const found = await store.get<Collection>(collectionOwner(id), RECORD);
    if (found) standing.set(id, found);
    return found;
  }

  async function get(id: string): Promise<Collection> {
    const found = await read(id);
    if (found) return found.value;
    throw new ParleyError('NOT_FOUND', `there is no collection '${id}'`, { field: 'collection' });
  }

  function problemIds({ source }: Collection): Promise<ReadonlySet<string>> {
    const known = members.get(source.sha256);
    if (known !== undefined) return known;
    const read = problemSets
      .problems(source)
      .then((problems) => new Set(problems.map(({ id }) => id)));
    members.set(source.sha256, read);
    read.catch(() => members.delete(source.sha256));
    return read;
  }

  /** False when the collection has changed under it or the problem is counted already. */
  async function count(ended: EndedDebate, { value, version }: Standing): Promise<boolean> {
    const { problemId, debate, status, transcript } = ended;
    const result: Result = { problemId, debate, status, transcript };
    const next = withEnded(value, status);
    try {
      await store.commit(collectionOwner(value.id), [
        { op: 'put', name: `member/${problemId}`, value: debate, expect: 'absent' },
        { op: 'append', stream: RESULTS, value: result },
        { op: 'put', name: RECORD, value: next, expect: version },
        ...(next.filled ? [filledEvent(value.id)] : []),
      ]);
      standing.set(value.id, { value: next, version: version + 1 });
      return true;
    } catch (thrown) {
      if (ParleyError.from(thrown).reason !== 'CONFLICT') throw thrown;
      standing.delete(value.id);
      return false;
    }
  }

  /** What is kept before the collection is read once more is seen by whoever opens it after that. */
  async function keepEarly(ended: EndedDebate): Promise<Standing | undefined> {
    const owner = collectionOwner(ended.collection);
    await store.commit(owner, [
      { op: 'append', stream: EARLY, value: ended },
      { op: 'expire', stream: EARLY, at: now() + EARLY_KEPT_MS },
    ]);
    return read(ended.collection);
  }

  async function countEarly({ id }: Collection): Promise<Collection> {
    const owner = collectionOwner(id);
    for (let after = 0; ; ) {
      const entries = await store.read<EndedDebate>(owner, EARLY, { after, limit: PAGE });
      for (const { value } of entries) await record(value);
      const last = entries.at(-1);
      if (last === undefined || entries.length < PAGE) return get(id);
      after = last.sequence;
    }
  }

  async function record(ended: EndedDebate): Promise<Outcome> {
    for (;;) {
      const found =
        standing.get(ended.collection) ??
        (await read(ended.collection)) ??
        (await keepEarly(ended));
      if (!found) return 'early';
      const { society, revision } = found.value;
      if (society !== ended.society || revision !== ended.revision) return 'other-society';
      if (!(await problemIds(found.value)).has(ended.problemId)) return 'unknown-problem';
      if (await count(ended, found)) return 'counted';
      const owner = collectionOwner(ended.collection);
      if (await store.get(owner, `member/${ended.problemId}`)) return 'duplicate';
    }
  }

  return {
    get,
    record,

    async open(spec) {
      const found = await read(spec.id);
      if (found) return countEarly(same(found.value, spec));
      const set = await problemSets.get(spec.problemSet);
      const source = await problemSets.getSplit(spec.problemSet, spec.split);
      const at = now();
      const collection: Collection = {
        ...spec,
        task: set.task,
        source,
        expected: source.problems,
        ended: {},
        filled: false,
        createdAt: new Date(at).toISOString(),
      };
      try {
        await store.commit(collectionOwner(spec.id), [
          { op: 'put', name: RECORD, value: collection, expect: 'absent' },
          { op: 'index', index: INDEX, member: spec.id, rank: at },
        ]);
      } catch (thrown) {
        if (ParleyError.from(thrown).reason !== 'CONFLICT') throw thrown;
        same(await get(spec.id), spec);
      }
      return countEarly(collection);
    },

    async list({ limit, cursor }) {
      const page = await store.range(INDEX, {
        limit,
        reverse: true,
        ...(cursor === undefined ? {} : { after: cursor }),
      });
      const items = await Promise.all(page.members.map(get));
      return page.next === undefined ? { items } : { items, next: page.next };
    },

    async results(id) {
      const results = new Map<string, Result>();
      for (let after = 0; ; ) {
        const entries = await store.read<Result>(collectionOwner(id), RESULTS, {
          after,
          limit: PAGE,
        });
        for (const { value } of entries) results.set(value.problemId, value);
        const last = entries.at(-1);
        if (last === undefined || entries.length < PAGE) return results;
        after = last.sequence;
      }
    },
  };
}

/** The owner in the store of everything that belongs to a collection. */
export function collectionOwner(id: string): string {
  return `collection/${id}`;
}

function filledEvent(id: string) {
  return emit(
    CollectionFilledSchema,
    { collection: id },
    { topic: TOPICS.collectionsFilled, key: id, source: 'dataset', id: `collection-filled/${id}` },
  );
}

function same(standing: Collection, spec: CollectionSpec): Collection {
  const { id, purpose, problemSet, split, society, revision, agents } = standing;
  const opened = { id, purpose, problemSet, split, society, revision, agents };
  if (canonicalJson(opened) === canonicalJson(spec)) return standing;
  throw new ParleyError(
    'ALREADY_EXISTS',
    `collection '${id}' stands for ${canonicalJson(opened)}; open another id for another one`,
    { field: 'id' },
  );
}
