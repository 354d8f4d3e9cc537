import { promptsOf } from './prompts.ts';
import type { DebateRecord, Vote } from './record.ts';
import type { DebateSpec } from './spec.ts';
import { type RecordedTurn, type Usage, usageOf } from './turn.ts';

/** The artifact of an ended debate; documented field by field in the service's README. */
export type Transcript = {
  version: 1;
  debate: string;
  batch: string;
  collection: string;
  problemId: string;
  society: string;
  revision: number;
  agents: number;
  task: string;
  question: string;
  seed: number;
  protocol: DebateSpec['protocol'];
  budget: DebateSpec['budget'];
  earlyStop: boolean;
  priority: string;
  promptsVersion: string;
  status: string;
  reason: string;
  createdAt: string;
  endedAt: string;
  turns: RecordedTurn[];
  vote: Vote | null;
  usage: Usage;
};

/** The transcript of a debate whose record says how it ended. */
export function transcriptOf(
  record: Omit<DebateRecord, 'transcript' | 'usage'>,
  turns: RecordedTurn[],
): Transcript {
  const { spec } = record;
  return {
    version: 1,
    debate: record.id,
    batch: spec.batch,
    collection: spec.collection,
    problemId: spec.problemId,
    society: spec.society,
    revision: spec.revision,
    agents: spec.agents,
    task: spec.task,
    question: spec.question,
    seed: spec.seed,
    protocol: spec.protocol,
    budget: spec.budget,
    earlyStop: spec.earlyStop,
    priority: spec.priority,
    promptsVersion: promptsOf(spec).version,
    status: record.status,
    reason: record.reason,
    createdAt: new Date(record.createdAt).toISOString(),
    endedAt: new Date(record.endedAt).toISOString(),
    turns,
    vote: record.vote,
    usage: usageOf(turns),
  };
}
