import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storeContract } from './contract.ts';
import type { Lease, Store } from './port.ts';
import { openSqliteStore } from './sqlite.ts';
import { acquireDatabase } from './sqlite-database.ts';

storeContract('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-store-'));
  const opened: Store[] = [];
  const another = async () => {
    const store = openSqliteStore(join(folder, 'deep', 'parley.db'), { service: 'tests' });
    opened.push(store);
    return store;
  };
  return {
    store: await another(),
    another,
    async close() {
      for (const store of opened) await store.close();
      await rm(folder, { recursive: true });
    },
  };
});

describe('openSqliteStore', () => {
  let folder = '';
  let path = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-store-'));
    path = join(folder, 'parley.db');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('keeps the services that share a file apart', async () => {
    const debate = openSqliteStore(path, { service: 'debate' });
    const dataset = openSqliteStore(path, { service: 'data-set' });
    await debate.commit('a', [{ op: 'put', name: 'state', value: 'debate' }]);
    expect(await dataset.get('a', 'state')).toBeUndefined();
    await debate.close();
    await dataset.commit('a', [{ op: 'put', name: 'state', value: 'dataset' }]);
    expect((await dataset.get('a', 'state'))?.value).toBe('dataset');
    await dataset.close();
  });

  it('refuses a service name that cannot name a table, and a path that cannot be opened', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(() => openSqliteStore(path, { service: 'a; b' })).toThrow(/service/);
    expect(() => openSqliteStore(join(folder, 'file', 'parley.db'), { service: 'a' })).toThrow(
      /cannot open/,
    );
  });

  it('refuses a value that JSON cannot carry, and a rank that is no number', async () => {
    const store = openSqliteStore(path, { service: 'tests' });
    const invalid = { reason: 'INVALID_ARGUMENT' };
    await expect(
      store.commit('a', [{ op: 'put', name: 'state', value: undefined }]),
    ).rejects.toMatchObject(invalid);
    await expect(
      store.commit('a', [{ op: 'index', index: 'all', member: 'a', rank: Number.NaN }]),
    ).rejects.toMatchObject(invalid);
    await store.close();
  });

  it('undoes a write that fails half-way, and only that one', async () => {
    const { database, release } = acquireDatabase(path);
    database.execute('CREATE TABLE t (n INTEGER PRIMARY KEY)');
    const insert = database.prepare('INSERT INTO t (n) VALUES (?)');
    const write = (...numbers: number[]) =>
      database.write({
        write: () => {
          for (const n of numbers) insert.run(n);
        },
      });
    const results = await Promise.allSettled([write(1), write(2, 3, 1), write(4)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const rows = await database.read(() => database.prepare('SELECT n FROM t').all());
    expect(rows.map(({ n }) => n)).toEqual([1, 4]);
    release();
  });

  it('hands back at opening what a process that died had leased, and fences it', async () => {
    const before = openSqliteStore(path, { service: 'debate' });
    await before.commit('a', [{ op: 'enqueue', queue: 'work', id: 'a' }]);
    const [lease] = await before.lease('work', { holder: 'dead', ttl: 60_000, limit: 1 });
    await before.close();
    const after = openSqliteStore(path, { service: 'debate' });
    const taken = await after.lease('work', { holder: 'next', ttl: 60_000, limit: 1 });
    expect(taken.map(({ id }) => id)).toEqual(['a']);
    await expect(after.commit('a', [{ op: 'guard', lease: lease as Lease }])).rejects.toMatchObject(
      {
        reason: 'LEASE_LOST',
      },
    );
    await after.close();
  });

  it('has every acknowledged commit, whole, after the process was killed under load', async () => {
    const script = join(import.meta.dirname, 'writer.fixture.ts');
    const child = spawn(process.execPath, [script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    let text = '';
    child.stdout.on('data', (piece: Buffer) => {
      text += piece.toString();
      if (text.length > 20_000) child.kill('SIGKILL');
    });
    await ended;
    expect(child.signalCode).toBe('SIGKILL');
    const acknowledged = new Map<string, number>();
    for (const line of text.split('\n').slice(0, -1)) {
      const [owner = '', number] = line.split(' ');
      acknowledged.set(owner, Number(number));
    }
    const store = openSqliteStore(path, { service: 'tests' });
    let entries = 0;
    for (const [owner, number] of acknowledged) {
      const state = await store.get<{ number: number }>(owner, 'state');
      const log = await store.read(owner, 'log', { after: 0, limit: 1_000_000 });
      expect(log.length).toBeGreaterThanOrEqual(number);
      expect(state?.value.number).toBe(log.length);
      expect(state?.version).toBe(log.length);
      entries += log.length;
    }
    expect(acknowledged.size).toBe(16);
    expect((await store.depth('q')).queued).toBe(entries);
    await store.close();
  }, 30_000);
});
