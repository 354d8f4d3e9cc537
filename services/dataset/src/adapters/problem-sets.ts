import {
  type Artifacts,
  canonicalJson,
  ParleyError,
  type Store,
  sha256,
  type Task,
} from '@parley/platform';
import {
  type ArithmeticRequest,
  type ArithmeticSpec,
  arithmeticSpec,
  generateArithmetic,
} from '../domain/arithmetic.ts';
import type { Split } from '../domain/collection.ts';
import {
  firstOverlap,
  type Problem,
  problemsFromJsonl,
  problemsToJsonl,
  type SplitName,
} from '../domain/problem.ts';

/** A named set of problems in up to two splits; `arithmetic` is how it was generated. */
export type ProblemSet = {
  name: string;
  task: Task;
  arithmetic?: ArithmeticSpec;
  splits: Partial<Record<SplitName, Split>>;
  createdAt: string;
};

/** A page of a list; `next` is absent on the last one. */
export type Listed<T> = { items: T[]; next?: string };

export type ProblemSets = {
  /**
   * @throws ParleyError ALREADY_EXISTS when the name has another task or generator; INVALID_ARGUMENT or
   * LIMIT_EXCEEDED naming what the generator cannot give.
   */
  create(
    request: Pick<ProblemSet, 'name' | 'task'> & { arithmetic?: ArithmeticRequest },
  ): Promise<ProblemSet>;
  /** @throws ParleyError NOT_FOUND */
  get(name: string): Promise<ProblemSet>;
  list(page: { limit: number; cursor?: string }): Promise<Listed<ProblemSet>>;
  /**
   * Stores a split, or finds it stored already.
   * @throws ParleyError NOT_FOUND; ALREADY_EXISTS when it holds other content; FAILED_PRECONDITION when the
   * set is generated, or naming the first question that the other split has too.
   */
  putSplit(name: string, split: SplitName, problems: readonly Problem[]): Promise<ProblemSet>;
  /** @throws ParleyError NOT_FOUND */
  getSplit(name: string, split: SplitName): Promise<Split>;
  /** The problems of a split, in order. @throws ParleyError DATA_CORRUPT */
  problems(split: Pick<Split, 'uri' | 'sha256'>): Promise<Problem[]>;
};

const RECORD = 'set';
const INDEX = 'problem-sets';
const OTHER: Record<SplitName, SplitName> = { train: 'evaluation', evaluation: 'train' };

/** Problem sets in the store, their splits as artifacts. */
export function createProblemSets(
  store: Store,
  artifacts: Artifacts,
  now: () => number,
): ProblemSets {
  async function find(name: string) {
    const record = await store.get<ProblemSet>(ownerOf(name), RECORD);
    if (record) return record;
    throw new ParleyError('NOT_FOUND', `there is no problem set '${name}'`, { field: 'name' });
  }

  async function problems(split: Pick<Split, 'uri' | 'sha256'>): Promise<Problem[]> {
    const content = await artifacts.get({ uri: split.uri, sha256: split.sha256 });
    return problemsFromJsonl(Buffer.from(content).toString());
  }

  async function place(set: string, name: SplitName, content: readonly Problem[]): Promise<Split> {
    const bytes = Buffer.from(problemsToJsonl(content));
    const path = `problem-sets/${set}/${name}-${sha256(bytes).slice(0, 16)}.jsonl`;
    const stored = await artifacts.put(path, bytes);
    return { name, problems: content.length, ...stored };
  }

  async function generated(name: string, spec: ArithmeticSpec): Promise<ProblemSet['splits']> {
    const { train, evaluation } = generateArithmetic(spec);
    return {
      train: await place(name, 'train', train),
      evaluation: await place(name, 'evaluation', evaluation),
    };
  }

  function same(standing: ProblemSet, task: Task, arithmetic?: ArithmeticSpec): ProblemSet {
    const asked = canonicalJson({ task, arithmetic });
    if (canonicalJson({ task: standing.task, arithmetic: standing.arithmetic }) === asked)
      return standing;
    throw new ParleyError(
      'ALREADY_EXISTS',
      `problem set '${standing.name}' exists with another task or generator`,
      { field: 'name' },
    );
  }

  return {
    async create({ name, task, arithmetic: asked }) {
      const arithmetic = asked && arithmeticSpec(asked);
      const standing = await store.get<ProblemSet>(ownerOf(name), RECORD);
      if (standing) return same(standing.value, task, arithmetic);
      const at = now();
      const set: ProblemSet = {
        name,
        task,
        ...(arithmetic === undefined ? {} : { arithmetic }),
        splits: arithmetic === undefined ? {} : await generated(name, arithmetic),
        createdAt: new Date(at).toISOString(),
      };
      try {
        await store.commit(ownerOf(name), [
          { op: 'put', name: RECORD, value: set, expect: 'absent' },
          { op: 'index', index: INDEX, member: name, rank: at },
        ]);
        return set;
      } catch (thrown) {
        if (ParleyError.from(thrown).reason !== 'CONFLICT') throw thrown;
        return same((await find(name)).value, task, arithmetic);
      }
    },

    async get(name) {
      return (await find(name)).value;
    },

    async list({ limit, cursor }) {
      const page = await store.range(INDEX, {
        limit,
        ...(cursor === undefined ? {} : { after: cursor }),
      });
      const items = await Promise.all(page.members.map(async (name) => (await find(name)).value));
      return page.next === undefined ? { items } : { items, next: page.next };
    },

    async putSplit(name, split, content) {
      for (;;) {
        const { value: set, version } = await find(name);
        if (set.arithmetic)
          throw new ParleyError('FAILED_PRECONDITION', `the splits of '${name}' are generated`);
        const standing = set.splits[split];
        if (standing) {
          if (sha256(problemsToJsonl(content)) === standing.sha256) return set;
          throw new ParleyError(
            'ALREADY_EXISTS',
            `split '${split}' of '${name}' holds other problems; a split never changes`,
          );
        }
        const other = set.splits[OTHER[split]];
        if (other) refuseOverlap(content, await problems(other), OTHER[split]);
        const stored = await place(name, split, content);
        const value = { ...set, splits: { ...set.splits, [split]: stored } };
        try {
          await store.commit(ownerOf(name), [{ op: 'put', name: RECORD, value, expect: version }]);
          return value;
        } catch (thrown) {
          if (ParleyError.from(thrown).reason !== 'CONFLICT') throw thrown;
        }
      }
    },

    async getSplit(name, split) {
      const stored = (await find(name)).value.splits[split];
      if (stored) return stored;
      throw new ParleyError('NOT_FOUND', `problem set '${name}' has no split '${split}' yet`, {
        field: 'split',
      });
    },

    problems,
  };
}

function refuseOverlap(content: readonly Problem[], others: readonly Problem[], other: string) {
  const shared = firstOverlap(content, others);
  if (shared === undefined) return;
  throw new ParleyError(
    'FAILED_PRECONDITION',
    `problem ${shared.id} stands in the ${other} split too; training and evaluation must not overlap: ${JSON.stringify(shared.question.slice(0, 300))}`,
    { field: 'question' },
  );
}

function ownerOf(name: string): string {
  return `problem-set/${name}`;
}
