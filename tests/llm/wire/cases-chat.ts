import assert from 'node:assert/strict';
import type { Answer, Completion } from './answers.ts';
import { completionOf, eventsOf, streamedTexts, textsOf } from './answers.ts';
import { chat, completion, QUESTION, type WireCase } from './wire-case.ts';

const CONVERSATION = [
  { role: 'user', content: QUESTION },
  { role: 'assistant', content: '38*6=228,228-19=209 \\boxed{209}' },
];
const STREAM = { stream: true, stream_options: { include_usage: true } };

/** The completions that Parley asks for: debates, canaries, scores. */
export const CHAT_CASES: readonly WireCase[] = [
  {
    name: 'chat',
    requests: (engine) => [chat(engine)],
    means([answer], { base }) {
      const body = completionOf(answer);
      assert.equal(body.model, base);
      assert.deepEqual(ends(body), ['length']);
      assertUsage(body, 4);
    },
  },
  {
    name: 'same-seed',
    requests: (engine) => [
      chat(engine, { max_tokens: 24 }),
      chat(engine, { max_tokens: 24 }),
      chat(engine, { max_tokens: 24, temperature: 0, seed: 1 }),
      chat(engine, { max_tokens: 24, temperature: 0, seed: 2 }),
    ],
    means([one, two, three, four]) {
      assert.deepEqual(texts(one), texts(two));
      assert.deepEqual(texts(three), texts(four));
    },
  },
  {
    name: 'choices',
    requests: (engine) => [
      chat(engine, { max_tokens: 24, n: 3, return_token_ids: true }),
      ...[7, 8, 9].map((seed) => chat(engine, { max_tokens: 24, seed })),
    ],
    means([together, ...alone]) {
      assert.deepEqual(texts(together), alone.flatMap(texts));
      const { choices, usage } = completionOf(together);
      const ids = choices.flatMap(({ token_ids }) => token_ids ?? []);
      assert.equal(ids.length, usage?.completion_tokens);
    },
  },
  {
    name: 'stream',
    requests: (engine) => [chat(engine, { stream: true }), chat(engine)],
    means([stream, whole]) {
      const events = eventsOf(stream);
      assert.deepEqual(streamedTexts(events), texts(whole));
      assert.equal(events.filter(({ usage }) => usage).length, 0);
    },
  },
  {
    name: 'stream-usage',
    requests: (engine) => [chat(engine, STREAM), chat(engine)],
    means([stream, whole]) {
      const events = eventsOf(stream);
      assert.deepEqual(streamedTexts(events), texts(whole));
      assert.deepEqual(
        events.map(({ choices }) => choices.length === 0),
        events.map((_, index) => index === events.length - 1),
      );
      assertUsage(events.at(-1) as Completion, 4);
    },
  },
  {
    name: 'stream-choices',
    requests: (engine) => [
      chat(engine, { ...STREAM, max_tokens: 24, n: 3, return_token_ids: true }),
      chat(engine, { max_tokens: 24, n: 3 }),
    ],
    means([stream, whole]) {
      const events = eventsOf(stream);
      assert.deepEqual(streamedTexts(events), texts(whole));
      const pieces = events.flatMap(({ choices }) => choices);
      assert.equal(pieces.filter(({ finish_reason }) => finish_reason).length, 3);
      const ids = pieces.flatMap(({ token_ids }) => token_ids ?? []);
      assert.equal(ids.length, events.at(-1)?.usage?.completion_tokens);
    },
  },
  {
    name: 'stop',
    requests: (engine) => [chat(engine, { max_tokens: 40, temperature: 0, stop: ['never', '='] })],
    means([answer]) {
      const { choices } = completionOf(answer);
      assert.deepEqual([choices[0]?.finish_reason, choices[0]?.stop_reason], ['stop', '=']);
      assert.ok(!texts(answer)[0]?.includes('='));
    },
  },
  {
    name: 'canary',
    requests: (engine) => [
      chat(engine, { temperature: 0, max_tokens: 8, logprobs: true, top_logprobs: 0 }),
      chat(engine, { temperature: 0, max_tokens: 8, logprobs: true, top_logprobs: 2 }),
    ],
    means(answers) {
      for (const answer of answers) {
        const { choices, usage } = completionOf(answer);
        const tokens = choices[0]?.logprobs?.content ?? [];
        assert.equal(tokens.length, usage?.completion_tokens);
        assert.ok(tokens.every(({ logprob }) => logprob <= 0));
      }
    },
  },
  {
    name: 'score',
    requests: (engine) => {
      const one = { max_tokens: 1, temperature: 0 };
      return [
        chat(engine, one),
        chat(engine, {
          ...one,
          messages: CONVERSATION,
          prompt_logprobs: 0,
          add_generation_prompt: false,
        }),
      ];
    },
    means([question, conversation]) {
      const { prompt_logprobs, usage } = completionOf(conversation);
      const length = completionOf(question).usage?.prompt_tokens ?? 0;
      const [first, ...rest] = prompt_logprobs ?? [];
      assert.equal(first, null);
      assert.equal(rest.length + 1, usage?.prompt_tokens);
      assert.ok(length < rest.length);
      assert.ok(rest.every((candidates) => Object.keys(candidates ?? {}).length === 1));
    },
  },
  {
    name: 'text-completion',
    requests: (engine) => [
      completion(engine, { prompt: '7+7=14', max_tokens: 1, prompt_logprobs: 0 }),
      completion(engine, { prompt: '7+7=14', max_tokens: 0, echo: true, logprobs: 1 }),
      completion(engine, { prompt: ['7+7', '8+8'], n: 2, temperature: 1, seed: 5, max_tokens: 3 }),
    ],
    means(answers) {
      assert.deepEqual(
        answers.map((answer) => completionOf(answer).choices.length),
        [1, 1, 4],
      );
    },
  },
  {
    name: 'clamped',
    requests: (engine) => [
      chat(engine, { max_tokens: engine.maxModelLength - 2, temperature: 0 }),
      chat(engine, {
        max_tokens: 8,
        messages: [{ role: 'user', content: promptOf(engine.maxModelLength - 1) }],
      }),
    ],
    means([, full], { maxModelLength }) {
      const body = completionOf(full);
      assert.deepEqual(ends(body), ['length']);
      assert.deepEqual(
        [body.usage?.prompt_tokens, body.usage?.completion_tokens],
        [maxModelLength - 1, 1],
      );
    },
  },
  {
    name: 'unknown-parameter',
    requests: (engine) => [chat(engine, { frobnicate: 1 }), chat(engine)],
    means([strange, plain]) {
      assert.deepEqual(texts(strange), texts(plain));
    },
  },
  {
    name: 'left-stream',
    requests: (engine) => [
      chat(engine, {
        max_tokens: Math.floor(engine.maxModelLength * 0.9),
        ignore_eos: true,
        stream: true,
      }),
    ],
    leaves: true,
    means([answer]) {
      assert.deepEqual(answer?.body, { left: 0, endedEarly: true, countedAsAborted: 0 });
    },
  },
];

/** A user's message that makes a prompt of so many tokens, where every character is a token of its own. */
export function promptOf(tokens: number): string {
  return '7+'
    .repeat(tokens / 2)
    .padEnd(tokens, '7')
    .slice(0, tokens - TEMPLATE_TOKENS);
}

/** What the chat template adds to one message: beginning, role, end, and the role that answers. */
const TEMPLATE_TOKENS = 4;

function texts(answer: Answer | undefined): string[] {
  return textsOf(completionOf(answer));
}

function ends({ choices }: Completion): (string | null)[] {
  return choices.map(({ finish_reason }) => finish_reason);
}

function assertUsage({ usage }: Completion, completionTokens: number): void {
  assert.equal(usage?.completion_tokens, completionTokens);
  assert.ok(usage.prompt_tokens > 0);
  assert.equal(usage.total_tokens, usage.prompt_tokens + completionTokens);
}
