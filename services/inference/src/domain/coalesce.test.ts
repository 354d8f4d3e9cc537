import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coalesce, type ModelCall } from './coalesce.ts';

const sampling = { temperature: 1, topP: 0.9, maxTokens: 64 };

function call(seed: number, content = 'question', more: Partial<ModelCall> = {}): ModelCall {
  return { model: 'base', messages: [{ role: 'user', content }], sampling, seed, ...more };
}

function seedsOf(calls: ModelCall[], maxChoices = 16): number[][] {
  return coalesce(calls, maxChoices).map((group) => group.calls.map(({ seed }) => seed));
}

describe('coalesce', () => {
  it.each<[string, ModelCall[], number[][]]>([
    ['joins consecutive seeds in any order', [call(3), call(1), call(2)], [[1, 2, 3]]],
    ['does not join over a gap', [call(1), call(3)], [[1], [3]]],
    ['keeps equal seeds apart', [call(1), call(1), call(2)], [[1, 2], [1]]],
    ['keeps other messages apart', [call(1), call(2, 'questioN')], [[1], [2]]],
    ['keeps other models apart', [call(1), call(2, 'question', { model: 'a' })], [[1], [2]]],
    [
      'keeps other sampling apart',
      [call(1), call(2, 'question', { sampling: { ...sampling, topP: 1 } })],
      [[1], [2]],
    ],
    [
      'keeps other roles apart',
      [call(1), call(2, 'question', { messages: [{ role: 'system', content: 'question' }] })],
      [[1], [2]],
    ],
    [
      'leaves greedy calls alone',
      [1, 2].map((seed) => call(seed, 'q', { sampling: { ...sampling, temperature: 0 } })),
      [[1], [2]],
    ],
    ['makes nothing of nothing', [], []],
  ])('%s', (_, calls, groups) => {
    expect(seedsOf(calls)).toEqual(groups);
  });

  it('asks for no more choices than allowed', () => {
    expect(
      seedsOf(
        [1, 2, 3, 4, 5].map((seed) => call(seed)),
        2,
      ),
    ).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('gives every call what it would get alone', () => {
    const calls = fc.array(
      fc.record({
        model: fc.constantFrom('base', 'a'),
        messages: fc
          .constantFrom('x', 'y', 'xy')
          .map((content) => [{ role: 'user' as const, content }]),
        sampling: fc.constantFrom(
          sampling,
          { ...sampling, temperature: 0 },
          { ...sampling, maxTokens: 9 },
        ),
        seed: fc.integer({ min: 0, max: 12 }),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(calls, fc.integer({ min: 1, max: 6 }), (all, maxChoices) => {
        const answered = new Map<ModelCall, string>();
        for (const { calls: group } of coalesce(all, maxChoices)) {
          expect(group.length).toBeLessThanOrEqual(maxChoices);
          if (group.length > 1) expect(group[0].sampling.temperature).toBeGreaterThan(0);
          for (const [index, one] of group.entries()) {
            expect(answered.has(one)).toBe(false);
            answered.set(one, engineAnswer(group[0], group[0].seed + index));
          }
        }
        expect(answered.size).toBe(all.length);
        for (const one of all) expect(answered.get(one)).toBe(engineAnswer(one, one.seed));
      }),
    );
  });
});

function engineAnswer({ model, messages, sampling: drawn }: ModelCall, seed: number): string {
  return JSON.stringify([model, messages, drawn, seed]);
}
