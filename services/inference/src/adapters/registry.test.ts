import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '@parley/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRegistry, type Registry } from './registry.ts';
import { SocietyCache } from './society-cache.ts';

const A = 'a'.repeat(64);

let dir: string;
let store: Store;
let registry: Registry;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-registry-'));
  store = await openStore(`sqlite:${dir}/parley.db`, { service: 'inference' });
  registry = createRegistry(store, () => 1_700_000_000_000);
});

afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

function add(requestId: string, sha256 = A, from = 0) {
  const agents = [{ seat: 'gen-1', adapterUri: 'artifact:a', adapterSha256: sha256 }];
  return registry.addRevision({ society: 'team', requestId, from, agents });
}

describe('Registry', () => {
  it('creates a society with its first revision, once', async () => {
    const society = await registry.create({ name: 'team', base: 'base' });
    expect(society).toMatchObject({ current: 1, latest: 1, createdAt: '2023-11-14T22:13:20.000Z' });
    expect(await registry.create({ name: 'team', base: 'base' })).toEqual(society);
    expect((await registry.revision('team', 1)).value.agents).toHaveLength(6);
    await expect(registry.create({ name: 'team', base: 'other' })).rejects.toMatchObject({
      reason: 'ALREADY_EXISTS',
    });
    expect(await store.outbox('shard-0', 10)).toHaveLength(1);
  });

  it('lists societies page by page', async () => {
    for (const name of ['one', 'two', 'three']) await registry.create({ name, base: 'base' });
    const first = await registry.list({ limit: 2 });
    const second = await registry.list({ limit: 2, after: first.next ?? '' });
    const names = [...first.societies, ...second.societies].map(({ name }) => name);
    expect(names.sort()).toEqual(['one', 'three', 'two']);
    expect(second.next).toBeUndefined();
  });

  it('adds a revision once for each request', async () => {
    await registry.create({ name: 'team', base: 'base' });
    const second = await add('r1');
    expect(second).toMatchObject({ number: 2, verified: false });
    expect(await add('r1')).toEqual(second);
    expect((await registry.society('team')).value).toMatchObject({ current: 1, latest: 2 });
    await expect(add('r1', 'b'.repeat(64))).rejects.toMatchObject({ reason: 'ALREADY_EXISTS' });
  });

  it('gives revisions that are added at once numbers of their own', async () => {
    await registry.create({ name: 'team', base: 'base' });
    const added = await Promise.all(['r1', 'r2', 'r3', 'r1'].map((id) => add(id)));
    expect(new Set(added.map(({ number }) => number))).toEqual(new Set([2, 3, 4]));
    expect((await registry.society('team')).value.latest).toBe(4);
  });

  it('promotes in one step, rolls back, and publishes each change once', async () => {
    await registry.create({ name: 'team', base: 'base' });
    await add('r1');
    expect(await registry.promote('team', 2)).toMatchObject({ current: 2 });
    await registry.promote('team', 2);
    expect(await registry.promote('team', 1)).toMatchObject({ current: 1, newestPromoted: 2 });
    expect(await store.outbox('shard-0', 10)).toHaveLength(4);
  });

  it('does not promote a broken revision', async () => {
    await registry.create({ name: 'team', base: 'base' });
    await add('r1');
    await registry.markBroken('team', 2, 'it changes nothing');
    await registry.markBroken('team', 2, 'another reason');
    await expect(registry.promote('team', 2)).rejects.toMatchObject({
      reason: 'FAILED_PRECONDITION',
      message: expect.stringContaining('it changes nothing'),
    });
  });

  it('says what is not there', async () => {
    await expect(registry.society('none')).rejects.toMatchObject({
      reason: 'NOT_FOUND',
      message: 'there is no society none',
    });
    await registry.create({ name: 'team', base: 'base' });
    for (const attempt of [
      registry.revision('team', 7),
      registry.promote('team', 7),
      add('r', A, 7),
    ])
      await expect(attempt).rejects.toMatchObject({
        reason: 'NOT_FOUND',
        message: 'there is no revision 7 of society team',
      });
  });
});

describe('SocietyCache', () => {
  it('answers from memory, and anew after a refresh', async () => {
    let changes = 0;
    const cache = new SocietyCache(registry, () => {
      changes += 1;
    });
    await registry.create({ name: 'team', base: 'base' });
    expect((await cache.get('team', 0)).revision.number).toBe(1);
    await add('r1');
    await registry.promote('team', 2);
    expect((await cache.get('team', 0)).revision.number).toBe(1);
    expect((await cache.get('team', 2)).revision.number).toBe(2);
    await cache.refresh('team');
    expect((await cache.get('team', 0)).revision.number).toBe(2);
    expect(changes).toBe(1);
    await registry.markBroken('team', 2, 'no');
    await cache.refresh('team');
    expect((await cache.get('team', 2)).revision.broken).toBe('no');
  });

  it('reads all societies, with their current and latest revisions', async () => {
    const cache = new SocietyCache(registry, () => {});
    await registry.create({ name: 'team', base: 'base' });
    await registry.create({ name: 'other', base: 'base' });
    for (const id of ['r1', 'r2']) await add(id);
    await cache.refreshAll();
    const numbers = Object.fromEntries(
      Array.from(cache.all(), ({ society, revisions }) => [
        society.name,
        revisions.map(({ number }) => number),
      ]),
    );
    expect(numbers).toEqual({ team: [1, 3], other: [1] });
  });

  it('does not know what is not there', async () => {
    const cache = new SocietyCache(registry, () => {});
    await expect(cache.get('none', 0)).rejects.toMatchObject({ reason: 'NOT_FOUND' });
  });
});
