import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Formats, withFormats } from './formats.ts';
import type { Store } from './port.ts';
import { openSqliteStore } from './sqlite.ts';

const THIRD: Formats = {
  state: {
    version: 3,
    upgrade: {
      1: (older) => ({ words: [older] }),
      2: (older) => ({ ...(older as object), language: 'en' }),
    },
  },
};
const SECOND: Formats = { state: { version: 2, upgrade: { 1: (older) => ({ words: [older] }) } } };

describe('withFormats', () => {
  let folder = '';
  let plain: Store;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-formats-'));
    plain = openSqliteStore(join(folder, 'store.db'), { service: 'tests' });
  });
  afterEach(async () => {
    await plain.close();
    await rm(folder, { recursive: true });
  });
  const put = (store: Store, name: string, value: unknown) =>
    store.commit('a', [
      { op: 'put', name, value },
      { op: 'append', stream: name, value },
    ]);
  async function both(store: Store, name: string) {
    const [entry] = await store.read('a', name, { after: 0, limit: 1 });
    return [(await store.get('a', name))?.value, entry?.value];
  }

  it('reads what older versions wrote as the newest format', async () => {
    await put(withFormats(plain), 'state', 'hello');
    const third = { words: ['hello'], language: 'en' };
    expect(await both(withFormats(plain, THIRD), 'state')).toEqual([third, third]);
    await put(withFormats(plain, SECOND), 'state', { words: ['x', 'y'] });
    const record = await withFormats(plain, THIRD).get('a', 'state');
    expect(record).toEqual({ value: { words: ['x', 'y'], language: 'en' }, version: 2 });
  });

  it('refuses what a newer version wrote, and nothing else', async () => {
    await put(withFormats(plain, THIRD), 'state', { words: [], language: 'de' });
    await put(withFormats(plain, THIRD), 'other/state', 7);
    for (const older of [withFormats(plain), withFormats(plain, SECOND)]) {
      const refused = { reason: 'UNAVAILABLE', message: expect.stringContaining('format 3') };
      await expect(older.get('a', 'state')).rejects.toMatchObject(refused);
      await expect(older.read('a', 'state', { after: 0, limit: 1 })).rejects.toMatchObject(refused);
      expect(await both(older, 'other/state')).toEqual([7, 7]);
    }
  });

  it('names a format by what stands before the first slash', async () => {
    await put(withFormats(plain), 'state/1', 'hello');
    expect(await both(withFormats(plain, SECOND), 'state/1')).toEqual([
      { words: ['hello'] },
      { words: ['hello'] },
    ]);
  });

  it('leaves values of the first format as they are', async () => {
    for (const value of [null, 0, 'x', [1], { a: 1 }]) {
      await put(withFormats(plain), 'plain', value);
      expect((await plain.get('a', 'plain'))?.value).toEqual(value);
    }
  });
});
