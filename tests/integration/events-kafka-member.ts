import { openEvents } from '@parley/platform';

/** A member of group `g` in a process of its own: tells the id of each event that it begins to handle. */
const [url = '', topic = ''] = process.argv.slice(2);
const events = await openEvents(url);
await events.subscribe({
  topic,
  group: 'g',
  handle: async ({ id }) => {
    process.stdout.write(`${id}\n`);
    await new Promise(() => {});
  },
});
process.stdout.write('joined\n');
