import { type Events, openEvents } from '@parley/platform';
import { eventsContract } from '@parley/platform/testing';
import { inject } from 'vitest';

eventsContract('kafka', async () => {
  const opened: Events[] = [];
  const another = async () => {
    const events = await openEvents(inject('servers').kafka);
    opened.push(events);
    return events;
  };
  return {
    events: await another(),
    another,
    async close() {
      await Promise.all(opened.map((events) => events.close()));
    },
  };
});
