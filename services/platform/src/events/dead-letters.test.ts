import { expect, it } from 'vitest';
import { ReplayProgress } from './dead-letters.ts';

it('remembers letters that were replayed one by one', () => {
  const progress = new ReplayProgress({ from: 10n, to: 20n }, '');
  for (let offset = 10; offset < 16; offset += 1)
    progress.pass(String(offset), [10, 12, 13].includes(offset));
  expect(progress.stored()).toEqual({ offset: '11', metadata: '12-13' });
});

it('goes on from what was stored', () => {
  const progress = new ReplayProgress({ from: 11n, to: 16n }, '3,12-13');
  const replayed = ['11', '12', '13', '14', '15'].map((offset) => {
    const already = progress.isReplayed(offset);
    progress.pass(offset, true);
    return already;
  });
  expect(replayed).toEqual([false, true, true, false, false]);
  expect(progress.stored()).toEqual({ offset: '16', metadata: '' });
});

it('keeps what was replayed behind a letter that was not reached again', () => {
  const progress = new ReplayProgress({ from: 11n, to: 16n }, '14');
  progress.pass('11', true);
  expect(progress.stored()).toEqual({ offset: '12', metadata: '14' });
});

it('refuses more single letters than a note holds', () => {
  const progress = new ReplayProgress({ from: 0n, to: 4_000n }, '');
  for (let offset = 0; offset < 4_000; offset += 1) progress.pass(String(offset), offset % 2 === 1);
  expect(() => progress.stored()).toThrow(/replay the others with --all/);
});
