import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSqliteStore } from '../store/sqlite.ts';
import { acquireDatabase } from '../store/sqlite-database.ts';
import { eventsContract } from './contract.ts';
import type { EventRecord, Events } from './port.ts';
import { openSqliteEvents } from './sqlite.ts';

eventsContract('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-events-'));
  const opened: Events[] = [];
  const another = async () => {
    const events = openSqliteEvents(join(folder, 'parley.db'));
    opened.push(events);
    return events;
  };
  return {
    events: await another(),
    another,
    async close() {
      for (const events of opened) await events.close();
      await rm(folder, { recursive: true });
    },
  };
});

function event(number: number, topic: string): EventRecord {
  return {
    id: `e${number}`,
    topic,
    key: 'k',
    type: 't',
    source: 's',
    time: '2026-01-01T00:00:00.000Z',
    data: new Uint8Array([number]),
  };
}

describe('openSqliteEvents', () => {
  const HOUR = 3_600_000;
  let folder = '';
  let path = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-events-'));
    path = join(folder, 'parley.db');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function kept(topic: string): Promise<number> {
    const { database, release } = acquireDatabase(path);
    const rows = await database.read(() =>
      database.prepare('SELECT count(*) AS n FROM events_log WHERE topic = ?').all(topic),
    );
    release();
    return Number(rows[0]?.n);
  }

  it('drops an event an hour after all groups passed it, and not before', async () => {
    let now = 1_000_000;
    const events = openSqliteEvents(path, { now: () => now });
    const slow = await events.subscribe({ topic: 'read', group: 'slow', handle: async () => {} });
    await slow.close();
    await events.subscribe({ topic: 'read', group: 'fast', handle: async () => {} });
    await events.publish([event(1, 'read'), event(2, 'read')]);
    await vi.waitFor(async () => expect(await events.lag('read', 'fast')).toBe(0));
    now += HOUR + 1;
    await events.publish([event(3, 'read')]);
    expect(await kept('read')).toBe(3);
    await events.subscribe({ topic: 'read', group: 'slow', handle: async () => {} });
    await vi.waitFor(async () => expect(await events.lag('read', 'slow')).toBe(0));
    now += 60_000;
    await events.publish([event(4, 'read')]);
    expect(await kept('read')).toBe(2);
    await events.close();
  });

  it('keeps what no group has read for a week', async () => {
    let now = 1_000_000;
    const events = openSqliteEvents(path, { now: () => now });
    await events.publish([event(1, 'unread')]);
    now += 167 * HOUR;
    await events.publish([event(2, 'unread')]);
    expect(await kept('unread')).toBe(2);
    now += 2 * HOUR;
    await events.publish([event(3, 'unread')]);
    expect(await kept('unread')).toBe(2);
    await events.close();
  });

  it('shares a file with a store', async () => {
    const store = openSqliteStore(path, { service: 'events' });
    const events = openSqliteEvents(path);
    const seen: string[] = [];
    await events.subscribe({
      topic: 'read',
      group: 'g',
      handle: async ({ id }) => {
        await store.commit(id, [{ op: 'put', name: 'seen', value: true }]);
        seen.push(id);
      },
    });
    await events.publish([event(1, 'read')]);
    await vi.waitFor(() => expect(seen).toEqual(['e1']));
    await events.close();
    expect((await store.get('e1', 'seen'))?.value).toBe(true);
    await store.close();
  });

  it('joins a group again while its last member leaves', async () => {
    const events = openSqliteEvents(path);
    const seen: string[] = [];
    const handle = async ({ id }: EventRecord) => {
      seen.push(id);
    };
    for (let n = 0; n < 10; n += 1) {
      const before = await events.subscribe({ topic: 'read', group: 'g', handle });
      const closing = before.close();
      const after = await events.subscribe({ topic: 'read', group: 'g', handle });
      await events.publish([event(n, 'read')]);
      await vi.waitFor(() => expect(seen).toContain(`e${n}`));
      await closing;
      await after.close();
    }
    await events.close();
  });
});
