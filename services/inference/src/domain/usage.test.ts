import { expect, it } from 'vitest';
import { Usage } from './usage.ts';

it('knows what was used lately, and tells when a revision comes into use', () => {
  let now = 0;
  let firstUses = 0;
  const usage = new Usage(
    () => now,
    () => {
      firstUses += 1;
    },
  );
  const revision = { society: 'team', number: 2 };
  expect(usage.revision('team', 2)).toBeUndefined();
  now = 1000;
  usage.note(revision, [{ model: 'a' }]);
  now = 2000;
  usage.note(revision, [{ model: 'b' }]);
  expect(usage.revision('team', 2)).toBe(2000);
  expect([usage.model('a'), usage.model('b'), usage.model('c')]).toEqual([1000, 2000, 0]);
  expect(firstUses).toBe(1);
  now = 2000 + 600_000;
  expect(usage.revision('team', 2)).toBeUndefined();
  usage.note(revision, [{ model: 'a' }]);
  expect(firstUses).toBe(2);
});
