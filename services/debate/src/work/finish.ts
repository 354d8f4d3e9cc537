import {
  type ArtifactRef,
  type Artifacts,
  emit,
  type Lease,
  ParleyError,
  sha256,
  TOPICS,
} from '@parley/platform';
import { DebateEndedSchema } from '@parley/proto/debate';
import type { DebateContext } from '../context.ts';
import type { Outcome } from '../domain/debate.ts';
import { transcriptPath } from '../domain/ids.ts';
import { type DebateRecord, KEPT, type StreamItem, type Vote } from '../domain/record.ts';
import { transcriptOf } from '../domain/transcript.ts';
import { type RecordedTurn, usageOf } from '../domain/turn.ts';
import type { EndedDebate } from './local-runs.ts';

/** How long the stream of an ended debate stays for those who watch it. */
const STREAM_STAYS_MS = 10 * 60_000;

/** A debate whose end is decided, held by `lease`. */
export type Ending = {
  lease: Lease;
  record: DebateRecord;
  turns: RecordedTurn[];
  outcome: Outcome;
  vote: Vote | null;
};

/**
 * Ends a debate: writes its transcript, then in one commit the record, the end of its stream, the event
 * and the release of the lease.
 * @throws ParleyError LEASE_LOST when another holder took over; UNAVAILABLE.
 */
export async function finish(context: DebateContext, ending: Ending): Promise<EndedDebate> {
  const { lease, turns, outcome, vote } = ending;
  const now = Date.now();
  const ended = {
    ...ending.record,
    status: outcome.status,
    reason: outcome.reason,
    endedAt: now,
    vote,
    usage: usageOf(turns),
  };
  const transcript = await putTranscript(
    context.artifacts,
    ended.id,
    JSON.stringify(transcriptOf(ended, turns)),
  );
  const record: DebateRecord = { ...ended, transcript };
  const last: StreamItem = { type: 'ended' };
  await context.store.commit(ended.id, [
    { op: 'release', lease },
    { op: 'put', name: KEPT.record, value: record },
    { op: 'append', stream: KEPT.stream, value: last },
    { op: 'expire', stream: KEPT.stream, at: now + STREAM_STAYS_MS },
    endedEvent(record, transcript),
  ]);
  context.metrics.ended(record);
  return { record, turns };
}

/** A run that was cut short before its commit may have left another text at the path; this one goes beside it. */
async function putTranscript(artifacts: Artifacts, id: string, text: string): Promise<ArtifactRef> {
  const content = Buffer.from(text);
  try {
    return refOf(await artifacts.put(transcriptPath(id), content));
  } catch (thrown) {
    if (ParleyError.from(thrown).reason !== 'CONFLICT') throw thrown;
    const suffix = `.${sha256(content).slice(0, 12)}`;
    return refOf(await artifacts.put(transcriptPath(id, suffix), content));
  }
}

function refOf({ uri, sha256 }: ArtifactRef): ArtifactRef {
  return { uri, sha256 };
}

function endedEvent(record: DebateRecord, transcript: ArtifactRef) {
  const { id, spec, status, reason, vote, trace } = record;
  return emit(
    DebateEndedSchema,
    {
      debate: id,
      batch: spec.batch,
      collection: spec.collection,
      problemId: spec.problemId,
      society: spec.society,
      revision: spec.revision,
      status,
      reason,
      answer: vote?.answer ?? '',
      tie: vote?.tie ?? false,
      transcriptUri: transcript.uri,
      transcriptSha256: transcript.sha256,
    },
    {
      topic: TOPICS.debatesEnded,
      key: spec.collection || id,
      source: 'debate',
      trace,
      id: `debate-ended-${id}`,
    },
  );
}
