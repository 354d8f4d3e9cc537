import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clampedTo, tooLong } from './context-length.ts';

type Choice = { finishReason: 'stop' | 'length'; tokens: number };
const cut = (tokens: number): Choice => ({ finishReason: 'length', tokens });
const ended = (tokens: number): Choice => ({ finishReason: 'stop', tokens });

describe('clampedTo', () => {
  it.each<[string, number, Choice[], number, number | undefined, number | undefined]>([
    ['what fits to the token', 15, [ended(9)], 497, 512, undefined],
    ['one token too many, however short the answer', 15, [ended(9)], 498, 512, 512],
    ['a cut answer', 15, [cut(497)], 505, 512, 512],
    ['an answer that ended, of unknown context', 15, [ended(9)], 505, undefined, undefined],
    ['an answer of full length, of unknown context', 15, [cut(505)], 505, undefined, undefined],
    ['a cut answer, of unknown context', 15, [cut(497)], 505, undefined, 512],
    ['cut answers, of unknown context', 15, [cut(497), cut(497)], 505, undefined, 512],
    ['an ended one beside it, of unknown context', 15, [cut(9), ended(8)], 9, undefined, undefined],
  ])('judges %s', (_, promptTokens, choices, maxTokens, contextLength, expected) => {
    expect(clampedTo({ promptTokens, choices }, maxTokens, contextLength)).toBe(expected);
  });

  it('finds the context of an engine that cuts', () => {
    const length = fc.integer({ min: 1, max: 4096 });
    fc.assert(
      fc.property(
        length,
        length,
        length,
        fc.integer({ min: 1, max: 4 }),
        (prompt, max, room, n) => {
          const tokens = Math.min(max, room);
          const answer = {
            promptTokens: prompt,
            choices: Array.from({ length: n }, () => cut(tokens)),
          };
          const context = prompt + room;
          const expected = max > room ? context : undefined;
          expect(clampedTo(answer, max, context)).toBe(expected);
          expect(clampedTo(answer, max, undefined)).toBe(expected);
        },
      ),
    );
  });
});

describe('tooLong', () => {
  it.each([
    [
      { promptTokens: 15, maxTokens: 505 },
      'a prompt of 15 tokens and an answer of up to 505 (sampling.maxTokens) do not fit into the 512 tokens of base on http://engine:8000; lower sampling.maxTokens to 497 at most, or shorten the prompt',
    ],
    [
      { promptTokens: 600, maxTokens: 64 },
      'a prompt of 600 tokens and an answer of up to 64 (sampling.maxTokens) do not fit into the 512 tokens of base on http://engine:8000; shorten the prompt to 511 tokens at most',
    ],
  ])('names both lengths, the limit and what would fit: %o', (lengths, message) => {
    expect(tooLong(lengths, 512, 'base on http://engine:8000')).toMatchObject({
      reason: 'LIMIT_EXCEEDED',
      retryable: false,
      message,
    });
  });
});
