import type { Static } from 'typebox';
import { promptsOf } from '../domain/prompts.ts';
import { type DebateRecord, hasEnded } from '../domain/record.ts';
import { fold, progressOf } from '../domain/state.ts';
import type { RecordedTurn } from '../domain/turn.ts';
import type { DebateView, FullDebateView } from './schemas.ts';

/** A debate as REST shows it. */
export function debateView(record: DebateRecord): Static<typeof DebateView> {
  const { spec, vote, transcript } = record;
  const { prompts: _prompts, ...said } = spec;
  return {
    id: record.id,
    status: record.status,
    reason: record.reason,
    ...said,
    promptsVersion: promptsOf(spec).version,
    createdAt: new Date(record.createdAt).toISOString(),
    ...(hasEnded(record) ? { endedAt: new Date(record.endedAt).toISOString() } : {}),
    ...(vote ? { vote } : {}),
    usage: record.usage,
    ...(transcript ? { transcript } : {}),
  };
}

/** The same with its turns and, while it has not ended, how far it is. */
export function fullDebateView(
  record: DebateRecord,
  turns: RecordedTurn[],
): Static<typeof FullDebateView> {
  const progress = hasEnded(record) ? {} : { progress: progressOf(fold(record.spec, turns)) };
  return { ...debateView(record), ...progress, turns };
}
