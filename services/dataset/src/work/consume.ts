import { handleEvents, type Subscription, TOPICS } from '@parley/platform';
import { DebateEndedSchema } from '@parley/proto/debate';
import type { DatasetContext } from '../context.ts';
import { isEnded } from '../domain/collection.ts';

/** Tries of one event before it is a dead letter: a store may be away for a quarter of an hour. */
const ATTEMPTS = 1000;

/**
 * Counts ended debates into their collections. An event that does not fit its collection is counted, logged and
 * dropped: nothing would change by trying again.
 */
export function consumeEndedDebates(context: DatasetContext): Promise<Subscription> {
  const { collections, events, log, metrics } = context;
  return handleEvents(events, DebateEndedSchema, {
    topic: TOPICS.debatesEnded,
    group: 'dataset',
    attempts: ATTEMPTS,
    async handle(ended) {
      if (ended.collection === '') return;
      const { debate, collection, problemId, society, revision, status } = ended;
      const outcome = isEnded(status)
        ? await collections.record({
            collection,
            society,
            revision,
            problemId,
            debate,
            status,
            transcript: { uri: ended.transcriptUri, sha256: ended.transcriptSha256 },
          })
        : 'unknown-status';
      if (outcome === 'counted' && isEnded(status)) return metrics.debateEnded(status);
      if (outcome === 'early') {
        log.info({ debate, collection }, 'ended debate kept until its collection is opened');
        return;
      }
      metrics.eventDropped(outcome);
      if (outcome !== 'duplicate')
        log.warn({ debate, collection, problem: problemId, outcome }, 'ended debate not counted');
    },
  });
}
