import { describe, expect, it } from 'vitest';
import { affinityKey, affinityWeight, hashText } from './affinity.ts';

const question = { role: 'user', content: 'What is 1+2?' } as const;
const answer = { role: 'assistant', content: '3' } as const;

describe('affinityKey', () => {
  it('is one for all turns of a conversation', () => {
    const later = [question, answer, { role: 'user', content: 'Are you sure?' } as const];
    expect(affinityKey('base', later)).toBe(affinityKey('base', [question]));
  });

  it.each([
    ['another model', 'adapter', [question]],
    ['another question', 'base', [{ ...question, content: 'What is 1+3?' }]],
    [
      'another system prompt',
      'base',
      [{ role: 'system', content: 'Be brief.' } as const, question],
    ],
  ])('is another for %s', (_, model, messages) => {
    expect(affinityKey(model, messages)).not.toBe(affinityKey('base', [question]));
  });

  it('does not read long messages to their end', () => {
    const long = 'word '.repeat(10_000);
    const key = affinityKey('base', [{ role: 'user', content: `${long}a` }]);
    expect(affinityKey('base', [{ role: 'user', content: `${long}b` }])).toBe(key);
  });
});

describe('hashText', () => {
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('gives FNV-1a of %j', (text, hash) => {
    expect(hashText(text)).toBe(hash);
  });
});

describe('affinityWeight', () => {
  it('spreads keys evenly, also over engines with similar addresses', () => {
    const engines = Array.from({ length: 8 }, (_, i) => hashText(`http://10.244.1.${i}:8000`));
    const homes = new Map<number, number>();
    for (let key = 0; key < 8000; key++) {
      const own = hashText(`question ${key}`);
      const home = engines.reduce((best, engine) =>
        affinityWeight(own, engine) > affinityWeight(own, best) ? engine : best,
      );
      homes.set(home, (homes.get(home) ?? 0) + 1);
    }
    for (const engine of engines) {
      expect(homes.get(engine)).toBeGreaterThan(850);
      expect(homes.get(engine)).toBeLessThan(1150);
    }
  });
});
