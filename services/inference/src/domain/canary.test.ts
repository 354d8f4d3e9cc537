import { describe, expect, it } from 'vitest';
import { type CanaryAnswer, differs } from './canary.ts';

const base: CanaryAnswer = { text: '33', logprobs: [-1, -2] };

describe('differs', () => {
  it.each<[string, CanaryAnswer, boolean]>([
    ['the same answer', { text: '33', logprobs: [-1, -2] }, false],
    ['a difference of rounding', { text: '33', logprobs: [-1, -2 - 1e-12] }, false],
    ['another text', { text: '34', logprobs: [-1, -2] }, true],
    ['another log-probability', { text: '33', logprobs: [-1, -2.00001] }, true],
    ['another length', { text: '33', logprobs: [-1] }, true],
  ])('judges %s', (_, adapter, different) => {
    expect(differs(base, adapter)).toBe(different);
  });
});
