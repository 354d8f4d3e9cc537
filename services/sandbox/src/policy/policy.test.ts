import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeProblems } from '../society/problems.ts';
import { critiquePrompt, questionPrompt, summaryPrompt } from '../society/prompts.ts';
import { logLikelihood } from '../train/fit.ts';
import { logProbabilities } from './choice.ts';
import type { Message } from './conversation.ts';
import { readTask } from './conversation.ts';
import { baseParameters } from './parameters.ts';
import { SamplingPen } from './pen.ts';
import { follow, respond } from './policy.ts';
import { seededRandom } from './random.ts';
import { scoreText } from './score.ts';
import { tokenize } from './tokens.ts';

const theta = baseParameters();
const plain = { temperature: 1, topP: 1 };
const seeds = fc.integer({ min: 0, max: 2 ** 40 });

/** The conversations of every role that one seed leads to. */
function conversations(seed: number): Message[][] {
  const [problem = ''] = makeProblems(1, seededRandom(seed));
  const question = { role: 'user', content: questionPrompt(problem) };
  const say = (messages: Message[], offset: number) =>
    respond(theta, messages, plain, seed + offset);
  const answers = [0, 1, 2].map((i) => say([question], i));
  const request = [{ role: 'user', content: summaryPrompt(problem, answers.slice(1)) }];
  const critique = { role: 'user', content: critiquePrompt(problem, say(request, 3)) };
  const own = { role: 'assistant', content: answers[0] ?? '' };
  return [[question], request, [question, own, critique], [{ role: 'user', content: 'Hello' }]];
}

describe('the policy', () => {
  it('reads every text that it writes back to its choices', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        for (const messages of conversations(seed)) {
          const text = respond(theta, messages, plain, seed);
          const trace = follow(readTask(messages), text);
          expect(trace).toMatchObject({ complete: true, end: text.length });
          const again = trace.choices.map(({ spans, chosen }) => spans[chosen]);
          for (const span of again) expect(text).toContain(span);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('scores a text with the log-probability of its choices', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        for (const messages of conversations(seed)) {
          const task = readTask(messages);
          const text = respond(theta, messages, plain, seed);
          const { tokens, complete } = scoreText(theta, task, text);
          const sum = tokens.reduce((total, { logprob }) => total + logprob, 0);
          expect(complete).toBe(true);
          expect(tokens.map(({ token }) => token)).toEqual(tokenize(text));
          expect(sum).toBeCloseTo(logLikelihood(theta, follow(task, text).choices), 9);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('scores the beginning of a text as it scores the whole', () => {
    const [messages = []] = conversations(5);
    const text = respond(theta, messages, plain, 5);
    const task = readTask(messages);
    const whole = scoreText(theta, task, text).tokens;
    for (let kept = 1; kept < whole.length; kept++) {
      const start = tokenize(text).slice(0, kept).join('');
      expect(scoreText(theta, task, start).tokens).toEqual(whole.slice(0, kept));
    }
  });

  it('gives any text a finite score', () => {
    const task = readTask([{ role: 'user', content: questionPrompt('1+2*3') }]);
    fc.assert(
      fc.property(fc.string(), fc.nat(40), (text, at) => {
        const genuine = 'Let me solve 1+2*3.\nStep 1: 2*3 = 6, leaving 1+6.\n';
        for (const tried of [text, genuine.slice(0, at) + text]) {
          const { tokens } = scoreText(theta, task, tried);
          expect(tokens.map(({ token }) => token).join('')).toBe(tried);
          for (const { logprob } of tokens) expect(Number.isFinite(logprob)).toBe(true);
        }
      }),
    );
  });

  it('depends on parameters, conversation, sampling and seed alone', () => {
    const [messages = []] = conversations(9);
    expect(respond(theta, messages, plain, 1)).toBe(respond(theta.slice(), messages, plain, 1));
    const drawn = new Set(Array.from({ length: 20 }, (_, i) => respond(theta, messages, plain, i)));
    expect(drawn.size).toBeGreaterThan(10);
  });

  it('is deterministic at temperature 0 and ends in a boxed answer', () => {
    const [messages = []] = conversations(9);
    const greedy = { temperature: 0, topP: 1 };
    const text = respond(theta, messages, greedy, 1);
    expect(respond(theta, messages, greedy, 2)).toBe(text);
    expect(text).toMatch(/The final answer is \\boxed\{-?\d+\}\.$/);
  });

  it('gives no boxed answer where it can read no expression', () => {
    const text = respond(theta, [{ role: 'user', content: 'Hello' }], plain, 1);
    expect(text).not.toContain('boxed');
  });

  it('scores the same text differently under other parameters', () => {
    const other = theta.map((value, i) => value + 0.01 * i);
    for (const messages of conversations(3)) {
      const text = respond(theta, messages, plain, 3);
      const score = (parameters: Float64Array) => {
        return logLikelihood(parameters, follow(readTask(messages), text).choices);
      };
      expect(score(other)).not.toBe(score(theta));
    }
  });
});

describe('SamplingPen', () => {
  it('draws from the nucleus alone, in proportion', () => {
    const counts = [0, 0, 0];
    const random = seededRandom(4);
    const weights = Float64Array.from([Math.log(0.6), Math.log(0.3), Math.log(0.1)]);
    for (let i = 0; i < 3000; i++) {
      const pen = new SamplingPen(weights, { temperature: 1, topP: 0.85 }, random);
      for (const parameter of [0, 1, 2]) {
        pen.set.candidate();
        pen.set.feature(parameter);
      }
      const chosen = pen.choose(String);
      counts[chosen] = (counts[chosen] ?? 0) + 1;
      expect(logProbabilities(pen.set, weights)[2]).toBeCloseTo(Math.log(0.1), 9);
    }
    expect(counts[2]).toBe(0);
    expect((counts[0] ?? 0) / 3000).toBeGreaterThan(0.63);
    expect((counts[0] ?? 0) / 3000).toBeLessThan(0.71);
  });
});
