import type { Task } from '@parley/platform';
import type { SplitName } from './problem.ts';

/** How a debate can end. */
export const ENDED = ['completed', 'partial', 'failed', 'cancelled'] as const;
export type EndedStatus = (typeof ENDED)[number];

export const PURPOSES = ['training', 'evaluation'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** What a collection is opened with. */
export type CollectionSpec = {
  id: string;
  purpose: Purpose;
  problemSet: string;
  split: SplitName;
  society: string;
  revision: number;
  /** N */
  agents: number;
};

/** Where a split is. `bytes` counts its JSONL. */
export type Split = {
  name: SplitName;
  problems: number;
  uri: string;
  sha256: string;
  bytes: number;
};

/** The debates over one split: one is expected for each problem, and it is full when all have ended. */
export type Collection = CollectionSpec & {
  task: Task;
  /** The split as it stood when the collection was opened. */
  source: Split;
  expected: number;
  /** Debates that have ended, by status. */
  ended: Partial<Record<EndedStatus, number>>;
  filled: boolean;
  createdAt: string;
};

/** How the debate of one problem ended. */
export type Result = {
  problemId: string;
  debate: string;
  status: EndedStatus;
  transcript: { uri: string; sha256: string };
};

export function isEnded(status: string): status is EndedStatus {
  return (ENDED as readonly string[]).includes(status);
}

/** The collection with one more debate ended; full once every expected one has, whatever its status. */
export function withEnded(collection: Collection, status: EndedStatus): Collection {
  const ended = { ...collection.ended, [status]: (collection.ended[status] ?? 0) + 1 };
  const count = Object.values(ended).reduce((sum, one) => sum + one, 0);
  return { ...collection, ended, filled: count >= collection.expected };
}
