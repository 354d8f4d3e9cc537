import { DEFAULT_PROMPTS } from '@parley/platform';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answered, specWith } from '../testing/simulate.ts';
import type { Call } from './calls.ts';
import { cutShort, next } from './debate.ts';
import { questionPrompt } from './prompts.ts';
import { type DebateSpec, LIMITS } from './spec.ts';
import { append, type DebateState, fold, progressOf } from './state.ts';

const nothing = new Set<string>();

function callsOf(state: DebateState, inFlight: ReadonlySet<string> = nothing): Call[] {
  const step = next(state, inFlight);
  return step.need === 'calls' ? step.calls : [];
}

function after(state: DebateState, ids: string[], failures: Record<string, string> = {}) {
  const calls = callsOf(state).filter((call) => ids.includes(call.id));
  expect(calls.map((call) => call.id)).toEqual(ids);
  return append(
    state,
    calls.map((call) => answered(call, failures[call.id])),
  ).state;
}

const round1 = ['answer-1-1', 'answer-1-2', 'answer-1-3'];
const summaries2 = ['summary-2-1', 'summary-2-2', 'summary-2-3'];
const round2 = ['answer-2-1', 'answer-2-2', 'answer-2-3'];

describe('what is called when', () => {
  test('round 1 asks every generation agent the same, with consecutive seeds', () => {
    const calls = callsOf(fold(specWith(), []));
    expect(calls.map(({ seat }) => seat)).toEqual(['gen-1', 'gen-2', 'gen-3']);
    const content = questionPrompt(DEFAULT_PROMPTS, 'What is 2+3*4?');
    for (const call of calls) expect(call.messages).toEqual([{ role: 'user', content }]);
    const [first = 0, second, third] = calls.map(({ seed }) => seed);
    expect([second, third]).toEqual([first + 1, first + 2]);
  });

  test('calls in flight are not named again', () => {
    expect(callsOf(fold(specWith(), []), new Set(['answer-1-2'])).map(({ id }) => id)).toEqual([
      'answer-1-1',
      'answer-1-3',
    ]);
  });

  test("a critic's summary starts as soon as the others have answered", () => {
    const state = after(fold(specWith(), []), ['answer-1-1', 'answer-1-2']);
    const [own, summary, ...none] = callsOf(state);
    expect(own?.id).toBe('answer-1-3');
    expect(summary).toMatchObject({ id: 'summary-2-3', seat: 'base' });
    expect(none).toEqual([]);
  });

  test('a critic waits for its own answer of the round before', () => {
    const state = after(after(fold(specWith(), []), ['answer-1-1', 'answer-1-2']), ['summary-2-3']);
    expect(callsOf(state).map(({ id }) => id)).toEqual(['answer-1-3']);
    expect(callsOf(after(state, ['answer-1-3'])).map(({ id }) => id)).toEqual([
      'summary-2-1',
      'summary-2-2',
      'answer-2-3',
    ]);
  });

  const seats: [string, Partial<DebateSpec['protocol']>, string[]][] = [
    ['critics with base summaries', {}, ['base', 'base', 'base', 'critic-1']],
    [
      'critics with their own',
      { summarizer: 'critic' },
      ['critic-1', 'critic-2', 'critic-3', 'critic-1'],
    ],
    ['no critics', { critics: false }, ['base', 'base', 'base', 'gen-1']],
    ['no summaries', { summaries: false }, ['critic-1', 'critic-2', 'critic-3']],
    ['neither', { summaries: false, critics: false }, ['gen-1', 'gen-2', 'gen-3']],
  ];
  test.each(seats)('round 2 with %s', (_, changes, expected) => {
    const spec = specWith({ protocol: { ...specWith().protocol, ...changes } });
    const state = after(fold(spec, []), round1);
    const calls = callsOf(state);
    const seen = calls.map(({ seat }) => seat);
    if (spec.protocol.summaries) seen.push(callsOf(after(state, summaries2))[0]?.seat ?? '');
    expect(seen).toEqual(expected);
  });

  test('without summaries the critic reads the raw answers of the others', () => {
    const spec = specWith({ protocol: { ...specWith().protocol, summaries: false } });
    const state = after(fold(spec, []), round1);
    const prompt = callsOf(state)[0]?.messages.at(-1)?.content ?? '';
    const [own, second, third] = state.turns.map(({ text }) => text);
    expect(prompt).toContain(second);
    expect(prompt).toContain(third);
    expect(prompt).not.toContain(own);
  });

  test('a single agent checks itself', () => {
    const state = after(fold(specWith({ agents: 1 }), []), ['answer-1-1']);
    expect(callsOf(state)).toMatchObject([{ id: 'answer-2-1', messages: { length: 3 } }]);
  });
});

describe('absence', () => {
  test('an absent agent is left out of summaries and goes on with an empty history', () => {
    let state = after(fold(specWith(), []), round1, { 'answer-1-2': 'ENGINE_FAILED: x' });
    const first = callsOf(state).find(({ id }) => id === 'summary-2-1')?.messages[0]?.content ?? '';
    expect(first.match(/One agent's answer:/g)).toHaveLength(1);
    state = after(state, summaries2);
    const calls = callsOf(state);
    expect(calls.map(({ messages }) => messages.length)).toEqual([3, 1, 3]);
  });

  test('a failed summary makes its position absent from the round', () => {
    let state = after(after(fold(specWith(), []), round1), summaries2, { 'summary-2-1': 'X: y' });
    expect(callsOf(state).map(({ id }) => id)).toEqual(['answer-2-2', 'answer-2-3']);
    state = after(state, ['answer-2-2', 'answer-2-3']);
    expect(next(state, nothing)).toEqual({
      need: 'end',
      outcome: { status: 'completed', reason: '', round: 2 },
    });
  });

  test('without a majority in a round the debate fails and names who is absent and why', () => {
    const failures = { 'answer-1-1': 'A: a', 'answer-1-3': 'B: b' };
    const state = after(fold(specWith(), []), round1, failures);
    expect(next(state, nothing)).toEqual({
      need: 'end',
      outcome: {
        status: 'failed',
        reason:
          'QUORUM_LOST: 2 of 3 agents must answer in round 1; absent: gen-1 (A: a), gen-3 (B: b)',
        round: 0,
      },
    });
  });

  test('a lost quorum starts nothing new, but lets its round end', () => {
    const failures = { 'answer-1-1': 'A: a', 'answer-1-3': 'B: b' };
    const state = after(fold(specWith(), []), ['answer-1-1', 'answer-1-3'], failures);
    expect(callsOf(state).map(({ id }) => id)).toEqual(['answer-1-2']);
  });
});

describe('stopping', () => {
  const early = specWith({ earlyStop: true });

  test('with early stop nothing of the next round starts before the round is judged', () => {
    const open = after(fold(early, []), ['answer-1-1', 'answer-1-2']);
    expect(callsOf(open).map(({ id }) => id)).toEqual(['answer-1-3']);
    expect(next(after(open, ['answer-1-3']), nothing)).toEqual({ need: 'unanimity', round: 1 });
  });

  test('a token budget ends the debate after the round in which it is used up', () => {
    const spec = specWith({ budget: { tokens: 45, deadlineSeconds: 0 } });
    const state = after(fold(spec, []), round1);
    expect(next(state, nothing)).toEqual({
      need: 'end',
      outcome: { status: 'partial', reason: 'BUDGET_TOKENS: 45 of 45 tokens are used', round: 1 },
    });
    const more = specWith({ budget: { tokens: 46, deadlineSeconds: 0 } });
    expect(callsOf(after(fold(more, []), round1)).map(({ id }) => id)).toEqual(summaries2);
  });

  test('a debate that is cut short is voted on in the last round that a majority answered', () => {
    const one = after(fold(specWith(), []), ['answer-1-1']);
    expect(cutShort(one, 'DEADLINE')).toMatchObject({ status: 'failed', round: 0 });
    const two = after(one, ['answer-1-2']);
    expect(cutShort(two, 'DEADLINE')).toEqual({ status: 'partial', reason: 'DEADLINE', round: 1 });
    const last = after(after(after(fold(specWith(), []), round1), summaries2), [
      'answer-2-1',
      'answer-2-2',
    ]);
    expect(cutShort(last, 'DEADLINE')).toMatchObject({ status: 'partial', round: 2 });
  });

  test('a transcript beyond its limit ends the debate', () => {
    const state = fold(specWith(), []);
    const [call] = callsOf(state);
    if (!call) throw new Error('no call');
    const text = 'x'.repeat(LIMITS.transcriptBytes);
    const grown = append(state, [{ ...answered(call), text }]);
    expect(grown.recorded[0]).toMatchObject({ sequence: 1, text: '', prompt: '' });
    expect(next(grown.state, nothing)).toMatchObject({
      need: 'end',
      outcome: { status: 'failed', reason: expect.stringContaining('TRANSCRIPT_LIMIT') },
    });
  });
});

test('progress counts complete rounds and turns of those expected', () => {
  const state = after(fold(specWith(), []), round1);
  expect(progressOf(state)).toEqual({ rounds: 2, roundsDone: 1, turns: 3, expectedTurns: 9 });
  const done = after(after(state, summaries2), round2);
  expect(progressOf(done)).toEqual({ rounds: 2, roundsDone: 2, turns: 9, expectedTurns: 9 });
});

test('of two turns for one call the first counts', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 }), (index) => {
      const state = after(fold(specWith(), []), round1);
      const again = {
        ...state.turns[index],
        text: 'again',
        sequence: 4,
      } as (typeof state.turns)[0];
      expect(fold(state.spec, [...state.turns, again]).turns).toEqual(state.turns);
    }),
  );
});
