import { describe, expect, it } from 'vitest';
import { chatBody, chatStream, parseChat } from './chat-wire.ts';

/** As vLLM 0.32 answers. */
const WHOLE = {
  id: 'chatcmpl-af60d122bbeee3cc',
  object: 'chat.completion',
  model: 'base',
  choices: [
    {
      index: 1,
      message: { role: 'assistant', content: '81 63', refusal: null },
      logprobs: null,
      finish_reason: 'length',
      stop_reason: null,
      token_ids: [81, 63, 18],
    },
    {
      index: 0,
      message: { role: 'assistant', content: '88', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
      token_ids: [88],
    },
  ],
  usage: { prompt_tokens: 15, total_tokens: 19, completion_tokens: 4 },
};

function changed(change: (answer: typeof WHOLE) => void): string {
  const answer = structuredClone(WHOLE);
  change(answer);
  return JSON.stringify(answer);
}

describe('chatBody', () => {
  const request = {
    model: 'base',
    messages: [{ role: 'user' as const, content: 'hello' }],
    sampling: { temperature: 1, topP: 0.9, maxTokens: 12 },
    seed: 7,
    n: 1,
  };

  it('asks for one choice', () => {
    expect(JSON.parse(chatBody(request, false))).toEqual({
      model: 'base',
      messages: [{ role: 'user', content: 'hello' }],
      temperature: 1,
      top_p: 0.9,
      max_tokens: 12,
      seed: 7,
    });
  });

  it('asks for several, and for a stream', () => {
    expect(JSON.parse(chatBody({ ...request, n: 3 }, true))).toMatchObject({
      n: 3,
      return_token_ids: true,
      stream: true,
      stream_options: { include_usage: true },
    });
  });
});

describe('parseChat', () => {
  it('reads the choices in their order, with their own tokens', () => {
    expect(parseChat(JSON.stringify(WHOLE), { n: 2 })).toEqual({
      choices: [
        { text: '88', finishReason: 'stop', tokens: 1 },
        { text: '81 63', finishReason: 'length', tokens: 3 },
      ],
      promptTokens: 15,
    });
  });

  it('shares the tokens out where an engine does not count them', () => {
    const body = changed(({ choices }) => {
      for (const choice of choices) Object.assign(choice, { token_ids: null });
    });
    expect(parseChat(body, { n: 2 }).choices.map(({ tokens }) => tokens)).toEqual([1, 3]);
  });

  it.each<[string, string]>([
    ['no JSON', '<html>'],
    ['too few choices', changed(({ choices }) => choices.pop())],
    [
      'too many choices',
      changed(({ choices }) => choices.push({ ...WHOLE.choices[0], index: 2 } as never)),
    ],
    ['no usage', changed((answer) => Object.assign(answer, { usage: null }))],
    [
      'an unfinished choice',
      changed(({ choices }) => Object.assign(choices[0] ?? {}, { finish_reason: null })),
    ],
    [
      'an aborted choice',
      changed(({ choices }) => Object.assign(choices[0] ?? {}, { finish_reason: 'abort' })),
    ],
  ])('refuses %s', (_, body) => {
    expect(() => parseChat(body, { n: 2 })).toThrow();
  });

  it('refuses an answer of another model, and takes that of any name of the model', () => {
    const body = JSON.stringify(WHOLE);
    expect(parseChat(body, { n: 2, names: ['alias', 'base'] }).choices).toHaveLength(2);
    expect(() => parseChat(body, { n: 2, names: ['alias'] })).toThrow(
      'base answered instead of alias',
    );
  });
});

describe('chatStream', () => {
  const chunk = (choices: object[], usage?: object) =>
    `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices, usage })}\n\n`;
  const delta = (index: number, content: string, finish_reason: string | null = null) =>
    chunk([{ index, delta: { content }, finish_reason, token_ids: null }]);
  const stream = [
    chunk([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]),
    delta(0, '88'),
    delta(1, '8163'),
    delta(0, '28'),
    delta(0, '', 'length'),
    delta(1, '', 'stop'),
    chunk([], { prompt_tokens: 15, completion_tokens: 4, total_tokens: 19 }),
    'data: [DONE]\n\n',
  ];

  it('reads texts as they come and the whole at the end', () => {
    const pieces: [number, string][] = [];
    const reader = chatStream({ n: 2 }, (choice, text) => pieces.push([choice, text]));
    for (const event of stream) reader.push(event);
    expect(pieces).toEqual([
      [0, '88'],
      [1, '8163'],
      [0, '28'],
    ]);
    expect(reader.end()).toEqual({
      choices: [
        { text: '8828', finishReason: 'length', tokens: 2 },
        { text: '8163', finishReason: 'stop', tokens: 2 },
      ],
      promptTokens: 15,
    });
  });

  it('refuses a stream of another model before any text of it', () => {
    const pieces: string[] = [];
    const reader = chatStream({ n: 1, names: ['team.gen-1.0123456789ab'] }, (_, text) =>
      pieces.push(text),
    );
    const event = { model: 'base', choices: [{ index: 0, delta: { content: '88' } }] };
    expect(() => reader.push(`data: ${JSON.stringify(event)}\n\n`)).toThrow(
      'base answered instead of',
    );
    expect(pieces).toEqual([]);
  });

  it('refuses a stream that breaks off, or that says an error', () => {
    const broken = chatStream({ n: 2 }, () => {});
    for (const event of stream.slice(0, -1)) broken.push(event);
    expect(() => broken.end()).toThrow('breaks off');
    const failing = chatStream({ n: 1 }, () => {});
    expect(() => failing.push('data: {"error":{"message":"out of memory"}}\n\n')).toThrow(
      'out of memory',
    );
  });
});
