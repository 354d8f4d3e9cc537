import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '@parley/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CycleRecord, initialState, type Status } from '../domain/state.ts';
import { sampleSetting, sampleSpec } from '../testing/samples.ts';
import { claimSociety } from './society-claim.ts';
import { KEPT } from './stored.ts';

let dir = '';
let store: Store;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-claim-'));
  store = await openStore(`sqlite:${join(dir, 'a.db')}`, { service: 'finetune' });
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

async function keep(name: string, status: Status, society = 'pupils'): Promise<void> {
  const setting = sampleSetting();
  const record: CycleRecord = {
    spec: sampleSpec({ name, society }),
    setting,
    createdAt: '',
    state: { ...initialState(setting, 0), status },
  };
  await store.commit(name, [{ op: 'put', name: KEPT.record, value: record }]);
}

describe('claimSociety', () => {
  it.each<[Status, boolean]>([
    ['running', false],
    ['paused', false],
    ['completed', true],
    ['failed', true],
    ['cancelled', true],
  ])('from a cycle that is %s: %s', async (status, given) => {
    await claimSociety(store, 'pupils', 'a', 0);
    await keep('a', status);
    await claimSociety(store, 'pupils', 'a', 1);
    const claim = claimSociety(store, 'pupils', 'b', 2);
    if (given) await claim;
    else await expect(claim).rejects.toMatchObject({ reason: 'FAILED_PRECONDITION' });
  });

  it('leaves a cycle half a minute to be stored', async () => {
    await claimSociety(store, 'pupils', 'a', 0);
    await expect(claimSociety(store, 'pupils', 'b', 29_999)).rejects.toThrow("cycle 'a'");
    await claimSociety(store, 'pupils', 'b', 30_000);
  });

  it('heeds no cycle of another society', async () => {
    await claimSociety(store, 'pupils', 'a', 0);
    await keep('a', 'running', 'others');
    await claimSociety(store, 'pupils', 'b', 1);
  });

  it('is given to one of many', async () => {
    const claims = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map((cycle) => claimSociety(store, 'pupils', cycle, 0)),
    );
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});
