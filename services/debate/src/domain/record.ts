import type { ArtifactRef, TraceId } from '@parley/platform';
import type { Outcome } from './debate.ts';
import type { DebateSpec } from './spec.ts';
import type { RecordedTurn, Usage } from './turn.ts';

/** Answers that are equal, and whose they are. */
export type AnswerGroup = { answer: string; members: string[] };

/** The vote over a round; agents are named by their seats in it. */
export type Vote = {
  /** ŷ; null when no answer could be extracted. */
  answer: string | null;
  members: string[];
  tie: boolean;
  /** Largest first. */
  groups: AnswerGroup[];
  unextracted: string[];
  extractions: { agent: string; answer: string; rule: string }[];
  /** Share of all ballots that equal the winner. */
  consensus: number;
};

export type Status = 'queued' | 'running' | Outcome['status'];

/** A debate as it is stored under its id. Times are milliseconds since the epoch. */
export type DebateRecord = {
  id: string;
  spec: DebateSpec;
  /** The trace of the request that it came from; its calls and its event carry it on. */
  trace: TraceId;
  /** Digest of the request, to compare a repetition with; empty when the service chose the id. */
  requestDigest: string;
  status: Status;
  reason: string;
  createdAt: number;
  /** 0 until it has ended. */
  endedAt: number;
  /** Someone asked for its cancellation; whoever holds it ends it so. */
  cancelRequested: boolean;
  vote: Vote | null;
  usage: Usage;
  transcript: ArtifactRef | null;
};

/** What a debate's stream holds: its turns, then its end. */
export type StreamItem = { type: 'turn'; turn: RecordedTurn } | { type: 'ended' };

/** The names under which the service keeps a debate. */
export const KEPT = { record: 'debate', stream: 'turns', index: 'debates' } as const;

/** The lease queue of a priority. */
export function queueOf(priority: DebateSpec['priority']): string {
  return `debates.${priority}`;
}

export function hasEnded(record: DebateRecord): boolean {
  return record.endedAt > 0;
}

/** When the debate's time is up, or Infinity. */
export function deadlineOf(record: DebateRecord): number {
  const { deadlineSeconds } = record.spec.budget;
  return deadlineSeconds > 0 ? record.createdAt + deadlineSeconds * 1000 : Number.POSITIVE_INFINITY;
}

/** The turns among a stream's items, and whether its end is there. */
export function turnsOf(items: readonly StreamItem[]): RecordedTurn[] {
  return items.flatMap((item) => (item.type === 'turn' ? [item.turn] : []));
}
