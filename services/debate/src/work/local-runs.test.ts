import type { Lease } from '@parley/platform';
import { expect, test } from 'vitest';
import type { DebateRecord } from '../domain/record.ts';
import { LocalRuns } from './local-runs.ts';

const lease = (queue: string, id: string): Lease => ({
  queue,
  id,
  holder: 'h',
  token: 7,
  expiresAt: 0,
});

test('leases of two queues with one token do not share what was handed over', () => {
  const runs = new LocalRuns();
  const record = { id: 'a' } as DebateRecord;
  runs.hand(lease('debates.interactive', 'a'), record);
  expect(runs.handed(lease('debates.batch', 'b'))).toBeUndefined();
  expect(runs.handed(lease('debates.interactive', 'a'))).toBe(record);
  expect(runs.handed(lease('debates.interactive', 'a'))).toBeUndefined();
});
