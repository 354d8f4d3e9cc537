import { EventEmitter } from 'node:events';
import { emit, openEvents, ParleyError, TOPICS } from '@parley/platform';
import { CollectionFilledSchema } from '@parley/proto/dataset';
import { expect, it } from 'vitest';
import type { FinetuneContext } from '../context.ts';
import { initialState } from '../domain/state.ts';
import { sampleSetting, sampleSpec } from '../testing/samples.ts';
import { createWorld, eventually } from '../testing/world.ts';
import { followCollections } from './filled.ts';
import { QUEUE, recordOperations } from './stored.ts';

it('tries an event until the store is back', async () => {
  const world = await createWorld();
  const store = await world.openStore();
  const events = await openEvents(world.config.events);
  const spec = sampleSpec();
  const setting = sampleSetting();
  const createdAt = new Date(0).toISOString();
  const record = { spec, setting, createdAt, state: initialState(setting, 0) };
  await store.commit(spec.name, recordOperations(undefined, record, 0));
  let asked = 0;
  const flaky: typeof store = {
    ...store,
    async get(owner, name) {
      asked += 1;
      if (asked <= 7) throw new ParleyError('UNAVAILABLE', 'the store is away');
      return store.get(owner, name);
    },
  };
  const context = { events, store: flaky, filled: new EventEmitter() };
  const subscription = await followCollections(context as unknown as FinetuneContext);
  const { event } = emit(
    CollectionFilledSchema,
    { collection: 'c1.i0.evaluation' },
    { topic: TOPICS.collectionsFilled, key: 'c1.i0.evaluation', source: 'test' },
  );
  await events.publish([event]);
  await eventually(async () => (await store.depth(QUEUE)).queued === 1);
  expect(asked).toBe(8);
  await subscription.close();
  await events.close();
  await store.close();
  await world.close();
});
