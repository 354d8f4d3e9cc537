import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embed } from './embed.ts';
import { countTokens, tokenize } from './tokens.ts';

describe('tokenize', () => {
  it('splits into words, numbers and marks', () => {
    expect(tokenize('Step 1: 3-4 = -1, \\boxed{-1}<|end|>')).toEqual([
      'Step',
      ' 1',
      ':',
      ' 3',
      '-',
      '4',
      ' =',
      ' -1',
      ',',
      ' \\',
      'boxed',
      '{',
      '-1',
      '}',
      '<|end|>',
    ]);
  });

  it('loses nothing of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(tokenize(text).join('')).toBe(text);
        expect(countTokens(text)).toBe(tokenize(text).length);
      }),
    );
  });
});

describe('embed', () => {
  it('gives unit vectors that tell texts apart', () => {
    const one = embed('The final answer is 3');
    const two = embed('The final answer is 4');
    const dot = one.reduce((sum, x, i) => sum + x * (two[i] ?? 0), 0);
    expect(Math.hypot(...one)).toBeCloseTo(1, 9);
    expect(dot).toBeGreaterThan(0.3);
    expect(dot).toBeLessThan(0.999);
  });
});
