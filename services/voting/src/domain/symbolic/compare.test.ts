import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../settings.ts';
import { createSymbolicComparer } from './compare.ts';

const comparer = createSymbolicComparer();
const equal = (a: string, b: string) => comparer.equal(a, b, DEFAULT_SETTINGS);
const text = String.raw;

describe('symbolic comparer', () => {
  it('says that it cannot tell rather than that two answers differ', () => {
    expect(equal('9^{9^{9^9}}', '9^{9^{9^8}}')).toBeUndefined();
    expect(equal('1/2x', text`\frac{x}{2}`)).toBeUndefined();
    expect(equal(text`\sin x/2`, text`\sin(x/2)`)).toBeUndefined();
    expect(equal(text`\sum_{k=1}^n k`, text`\frac{n(n+1)}{2}`)).toBeUndefined();
    expect(equal(text`\pi+10^{-50}`, text`\pi`)).toBeUndefined();
  });

  it('says surely that two answers differ', () => {
    expect(equal('x+1', 'x+2')).toBe(false);
    expect(equal('(1,2]', '[1,2]')).toBe(false);
    expect(equal(text`\sqrt{2}`, '1.41421356')).toBe(false);
  });

  it('refuses what is longer than an answer', () => {
    const long = `1${'+1'.repeat(600)}`;
    expect(equal(long, '601')).toBeUndefined();
    expect(equal(long, long)).toBe(true);
  });

  it('keeps no more than a bounded memory of what it was asked', () => {
    for (let at = 0; at < 3000; at++) expect(equal(`x+${at}`, `${at}+x`)).toBe(true);
    expect(equal('x+1', '1+x')).toBe(true);
  });

  it('answers within the deadline of a worker whatever it is asked', () => {
    const hostile = [
      ...[`${'('.repeat(500)}x`, `${text`\sqrt{`.repeat(100)}x${'}'.repeat(100)}`, '!'.repeat(900)],
      ...[text`\sqrt{10^{4000}}`, '(1+x)^{10000}', '2^{20000}', '1'.repeat(1000), '|'.repeat(900)],
      ...[`${'x^{'.repeat(20)}x${'}'.repeat(20)}`, text`\binom{1000000}{500000}`, '-'.repeat(900)],
      ...[
        `${'1,'.repeat(400)}1`,
        `1${'<x'.repeat(400)}`,
        text`\frac{1}{1+`.repeat(80),
        '^'.repeat(900),
      ],
      ...[
        text`\begin{pmatrix}`.repeat(60),
        text`e^{e^{e^{e^{x}}}}`,
        '\u202e\u0000',
        text`\pm`.repeat(300),
      ],
    ];
    for (const one of hostile) {
      const began = performance.now();
      expect(equal(one, 'x')).not.toBe(true);
      expect(performance.now() - began).toBeLessThan(250);
    }
  });
});
