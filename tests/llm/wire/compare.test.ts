import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from './answers.ts';
import { differences } from './compare.ts';

const json = (body: unknown, status = 200): Answer => ({ status, type: 'application/json', body });
const stream = (...body: unknown[]): Answer => ({ status: 200, type: 'text/event-stream', body });
const error = (more: object = {}) =>
  json(
    { error: { message: 'no n', type: 'BadRequestError', param: 'n', code: 400, ...more } },
    400,
  );

describe('differences', () => {
  it.each<[string, Answer, Answer, string[]]>([
    ['a status', json({}), json({}, 500), ['status: expected 200, got 500 {}']],
    [
      'a media type',
      json('x'),
      { ...json('x'), type: '' },
      ["content-type: expected 'application/json', got ''"],
    ],
    ['a key that is missing', json({ a: 1 }), json({}), ['a: expected number, got absent']],
    ['a key too many', json({}), json({ a: 1 }), ['a: expected absent, got number']],
    [
      'a type deep down',
      json({ a: [{ b: 1 }] }),
      json({ a: [{ b: '1' }] }),
      ['a[].b: expected number, got string'],
    ],
    [
      'null in place of a value',
      json({ a: {} }),
      json({ a: null }),
      ['a: expected object, got null'],
    ],
    [
      'a key that only some elements have',
      json([{ a: 1 }, { a: 1 }]),
      json([{ a: 1 }, {}]),
      ['[].a: expected number, got absent or number'],
    ],
    [
      'a word of the protocol',
      json({ object: 'list' }),
      json({ object: 'model' }),
      ['object: expected "list", got "model"'],
    ],
    [
      "an error's type",
      error(),
      error({ type: 'Bad Request' }),
      ['error.type: expected "BadRequestError", got "Bad Request"'],
    ],
    [
      "an error's words",
      error(),
      error({ message: 'bad n' }),
      ['error.message: expected "no n", got "bad n"'],
    ],
    [
      'a text',
      { status: 200, type: '', body: 'Success: added.' },
      { status: 200, type: '', body: 'Success: removed.' },
      ['body: expected "Success: added.", got "Success: removed."'],
    ],
  ])('names %s', (_, reference, answer, expected) => {
    expect(differences(reference, answer)).toEqual(expected);
  });

  it.each<[string, Answer, Answer, object]>([
    ['texts and numbers', json({ a: 'x', b: 1 }), json({ a: 'y', b: 2 }), {}],
    ['how long a list is', json({ a: [1] }), json({ a: [1, 2] }), {}],
    [
      'token ids as keys',
      json({ prompt_logprobs: [null, { 17: { rank: 1 } }] }),
      json({ prompt_logprobs: [null, { 4: { rank: 2 } }, { 5: { rank: 1 } }] }),
      {},
    ],
    ['what a path is open for', json({ a: { b: null } }), json({ a: {} }), { open: ['a.b'] }],
    ['an open value on one side', json({ a: 'text' }), json({ a: null }), { open: ['a'] }],
    ["words that are an engine's own", error(), error({ message: 'bad n' }), { ownWords: true }],
    ['what the reference has more', json({ a: 1, b: 1 }), json({ a: 1 }), { partial: true }],
  ])('does not mind %s', (_, reference, answer, rules) => {
    expect(differences(reference, answer, rules)).toEqual([]);
  });

  it('minds the type of an open value', () => {
    expect(differences(json({ a: 'text' }), json({ a: 1 }), { open: ['a'] })).toEqual([
      'a: expected string, got number',
    ]);
  });

  it('minds the shape of what stands under token ids', () => {
    const reference = json({ prompt_logprobs: [{ 17: { rank: 1 } }] });
    expect(differences(reference, json({ prompt_logprobs: [{ 4: { rank: null } }] }))).toEqual([
      'prompt_logprobs[].*.rank: expected number, got null',
    ]);
  });

  describe('of streams', () => {
    const role = { choices: [{ delta: { role: 'assistant', content: '' }, finish_reason: null }] };
    const text = { choices: [{ delta: { content: 'a' }, finish_reason: null }] };
    const end = { choices: [{ delta: { content: '' }, finish_reason: 'stop' }] };
    const usage = { choices: [], usage: { total_tokens: 3 } };

    it('does not mind how many pieces a text comes in', () => {
      const one = stream(role, text, end, '[DONE]');
      expect(differences(one, stream(role, text, text, text, end, '[DONE]'))).toEqual([]);
    });

    it('names events that are missing or out of order', () => {
      const reference = stream(role, text, end, usage, '[DONE]');
      expect(differences(reference, stream(role, text, usage, end, '[DONE]'))).toEqual([
        'events: expected role, text, end, usage, [DONE]; got role, text, usage, end, [DONE]',
      ]);
      expect(differences(reference, stream(role, text, end, usage))).toHaveLength(1);
    });

    it('names the event in which something differs', () => {
      const other = { choices: [{ delta: { content: 'a' }, finish_reason: null, more: 1 }] };
      expect(
        differences(stream(role, text, end, '[DONE]'), stream(role, other, end, '[DONE]')),
      ).toEqual(['text event, choices[].more: expected absent, got number']);
    });
  });

  it('finds none between an answer and itself', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(differences(json(body), json(body))).toEqual([]);
      }),
    );
  });

  it('finds a key that was taken away or added, wherever that is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 }),
        fc.jsonValue(),
        (path, value) => {
          const around = (inner: unknown) =>
            path.reduceRight((held, key) => ({ [key]: held }), inner);
          const [whole, less] = [json(around({ key: value, kept: 1 })), json(around({ kept: 1 }))];
          expect(differences(whole, less)).not.toEqual([]);
          expect(differences(less, whole)).not.toEqual([]);
        },
      ),
    );
  });
});
