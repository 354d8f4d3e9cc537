import { handleEvents, type Subscription, TOPICS } from '@parley/platform';
import { CollectionFilledSchema } from '@parley/proto/dataset';
import type { FinetuneContext } from '../context.ts';
import { isSettled } from '../domain/state.ts';
import { findCycle, QUEUE } from './stored.ts';

/** A collection of a cycle, as `collectionId` names it. */
const COLLECTION = /^([a-z0-9][a-z0-9-]*)\.i\d+\.(?:train|evaluation)$/;

/** Tries of one event before it is a dead letter: a store may be away for a quarter of an hour. */
const ATTEMPTS = 1000;

/** Wakes the cycle whose collection was filled, wherever it waits. */
export function followCollections(context: FinetuneContext): Promise<Subscription> {
  const { events, store, filled } = context;
  return handleEvents(events, CollectionFilledSchema, {
    topic: TOPICS.collectionsFilled,
    group: 'finetune',
    attempts: ATTEMPTS,
    async handle({ collection }) {
      filled.emit(collection);
      const cycle = COLLECTION.exec(collection)?.[1];
      if (cycle === undefined) return;
      const stored = await findCycle(store, cycle);
      if (!stored || isSettled(stored.record.state)) return;
      await store.commit(cycle, [{ op: 'enqueue', queue: QUEUE, id: cycle }]);
    },
  });
}
