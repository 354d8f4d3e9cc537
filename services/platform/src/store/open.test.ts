import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openEvents } from '../events/open.ts';
import { openStore } from './open.ts';

it('opens a store and an event log by URL, in one file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-open-'));
  const url = `sqlite:${join(folder, 'parley.db')}`;
  const store = await openStore(url, { service: 'tests' });
  const events = await openEvents(url);
  await Promise.all([store.ping(), events.ping()]);
  await store.close();
  await events.ping();
  await events.close();
  await rm(folder, { recursive: true });
});

it.each(['mysql://host', 'parley.db', 'sqlite:', ''])(
  'refuses %j, naming what is right',
  async (url) => {
    const error = { reason: 'INVALID_ARGUMENT', message: expect.stringContaining('sqlite:') };
    await expect(openStore(url, { service: 'tests' })).rejects.toMatchObject(error);
    await expect(openEvents(url)).rejects.toMatchObject(error);
  },
);
