import { describe, expect, it } from 'vitest';
import { makeEngine } from './testing.ts';

interface Choice {
  index: number;
  message: { content: string };
  delta: { content?: string };
  finish_reason: string | null;
  stop_reason?: string | null;
  token_ids: number[] | null;
  logprobs: { content: { token: string; logprob: number; top_logprobs: object[] }[] } | null;
}

interface Answer {
  id: string;
  choices: Choice[];
  usage: { prompt_tokens: number; completion_tokens: number };
  prompt_logprobs: (Record<string, { logprob: number; decoded_token: string }> | null)[] | null;
}

const CHAT = '/v1/chat/completions';
const messages = [{ role: 'user', content: 'What is the result of 13+27*18+4-29*16?' }];
const { app, post } = makeEngine({ seed: 1 });

async function ask(body: object): Promise<Answer> {
  const { status, body: answer } = await post(CHAT, { model: 'base', messages, ...body });
  expect(status).toBe(200);
  return answer as Answer;
}

async function stream(body: object): Promise<Answer[]> {
  const headers = { 'content-type': 'application/json' };
  const payload = JSON.stringify({ model: 'base', messages, stream: true, ...body });
  const answer = await app.inject({ method: 'POST', url: CHAT, headers, payload });
  expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  const events = answer.payload.trim().split('\n\n');
  expect(events.pop()).toBe('data: [DONE]');
  return events.map((event) => JSON.parse(event.slice('data: '.length)) as Answer);
}

describe('a chat completion', () => {
  it('gives for choice i of n what one call with seed + i gives', async () => {
    const { choices, usage } = await ask({ n: 4, seed: 7 });
    const singles = await Promise.all([0, 1, 2, 3].map((i) => ask({ seed: 7 + i })));
    expect(choices.map(({ message }) => message.content)).toEqual(
      singles.map((single) => single.choices[0]?.message.content),
    );
    const counts = singles.map((single) => single.usage.completion_tokens);
    expect(usage.completion_tokens).toBe(counts.reduce((a, b) => a + b, 0));
    expect(new Set(choices.map(({ message }) => message.content)).size).toBeGreaterThan(1);
  });

  it('gives as many token ids as it counts, when asked', async () => {
    const { choices, usage } = await ask({ n: 3, seed: 7, return_token_ids: true });
    const ids = choices.map(({ token_ids }) => token_ids ?? []);
    expect(ids.flat()).toHaveLength(usage.completion_tokens);
    const alone = await ask({ seed: 8, return_token_ids: true });
    expect(alone.choices[0]?.token_ids).toEqual(ids[1]);
  });

  it('draws another seed where none is given', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask({})));
    expect(new Set(answers.map(({ choices }) => choices[0]?.message.content)).size).not.toBe(1);
  });

  it('is greedy at temperature 0', async () => {
    const [one, two] = [await ask({ temperature: 0 }), await ask({ temperature: 0, seed: 9 })];
    expect(one.choices).toEqual(two.choices);
    expect(one.choices[0]?.finish_reason).toBe('stop');
  });

  it('ends at max_tokens, at a stop text, or where it ends', async () => {
    const whole = (await ask({ seed: 3 })).choices[0];
    const short = await ask({ seed: 3, max_tokens: 9 });
    expect(short.choices[0]?.finish_reason).toBe('length');
    expect(short.usage.completion_tokens).toBe(9);
    expect(whole?.message.content.startsWith(short.choices[0]?.message.content ?? '-')).toBe(true);
    const stopped = (await ask({ seed: 3, stop: ['never', ' = '] })).choices[0];
    expect(stopped).toMatchObject({ finish_reason: 'stop', stop_reason: ' = ' });
    expect(stopped?.message.content).toBe(whole?.message.content.split(' = ')[0]);
  });

  it('gives logprobs at temperature 1 that add up to the score of the answer', async () => {
    const answer = await ask({ seed: 5, temperature: 0.7, logprobs: true, top_logprobs: 3 });
    const choice = answer.choices[0] as Choice;
    const tokens = choice.logprobs?.content ?? [];
    expect(tokens).toHaveLength(answer.usage.completion_tokens);
    expect(tokens.map(({ token }) => token).join('')).toBe(`${choice.message.content}<|end|>`);
    const conversation = [...messages, { role: 'assistant', content: choice.message.content }];
    const scored = await ask({
      messages: conversation,
      max_tokens: 1,
      temperature: 0,
      prompt_logprobs: 0,
      add_generation_prompt: false,
    });
    const prompt = scored.prompt_logprobs ?? [];
    expect(prompt[0]).toBeNull();
    expect(prompt).toHaveLength(scored.usage.prompt_tokens);
    const last = prompt.slice(-tokens.length).map((entry) => Object.values(entry ?? {})[0]);
    expect(last.map((entry) => entry?.decoded_token)).toEqual(tokens.map(({ token }) => token));
    expect(last.map((entry) => entry?.logprob)).toEqual(tokens.map(({ logprob }) => logprob));
    expect(scored.choices[0]?.message.content).toBe('');
  });

  it('honours x-request-id', async () => {
    const headers = { 'content-type': 'application/json', 'x-request-id': 'my-req-1' };
    const payload = JSON.stringify({ messages });
    const answer = await app.inject({ method: 'POST', url: CHAT, headers, payload });
    expect((answer.json() as Answer).id).toBe('chatcmpl-my-req-1');
  });

  it('refuses what is not JSON, as vLLM does', async () => {
    const { status, body } = await post(CHAT, '{"model":"base",');
    expect(status).toBe(400);
    expect(body).toMatchObject({
      error: { type: 'Bad Request', param: 'body.16', code: 400 },
    });
  });

  it.each([
    [{ n: 'two' }, 'body.n'],
    [{ stream: 1 }, 'body.stream'],
    [{ stop: [1] }, 'body.stop'],
    [{ top_p: 0 }, 'top_p'],
    [{ top_logprobs: 2 }, 'top_logprobs'],
    [{ messages: [{}] }, 'body.messages.0.role'],
  ])('refuses %j', async (change, param) => {
    const { status, body } = await post(CHAT, { messages, ...change });
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { param, code: 400 } });
  });
});

describe('a stream', () => {
  it('carries the same choices in pieces', async () => {
    const whole = await ask({ n: 2, seed: 11, logprobs: true, top_logprobs: 1 });
    const chunks = await stream({
      n: 2,
      seed: 11,
      logprobs: true,
      top_logprobs: 1,
      stream_options: { include_usage: true },
    });
    for (const { index, message, logprobs } of whole.choices) {
      const pieces = chunks.flatMap(({ choices }) => choices.filter((c) => c.index === index));
      expect(pieces[0]?.delta).toEqual({ role: 'assistant', content: '' });
      expect(pieces.map(({ delta }) => delta.content).join('')).toBe(message.content);
      expect(pieces.flatMap((piece) => piece.logprobs?.content ?? [])).toEqual(logprobs?.content);
      expect(pieces.map((piece) => piece.finish_reason).filter(Boolean)).toEqual(['stop']);
      expect(pieces.length).toBeGreaterThan(3);
    }
    const { prompt_tokens, completion_tokens } = whole.usage;
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens, completion_tokens },
      system_fingerprint: expect.any(String),
    });
  });

  it('ends without usage where it is not asked for', async () => {
    const chunks = await stream({ seed: 1, max_tokens: 3 });
    expect(chunks.at(-1)?.choices[0]).toMatchObject({
      finish_reason: 'length',
      stop_reason: null,
    });
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false);
  });
});

describe('completions', () => {
  it('follow the seed rule for each prompt', async () => {
    const prompt = ['What is the result of 1+2*3?', 'What is the result of 17*18-9*8?'];
    const { body } = await post('/v1/completions', { prompt, n: 2, seed: 5, max_tokens: 40 });
    const single = await post('/v1/completions', { prompt: prompt[1], seed: 6, max_tokens: 40 });
    const texts = (answer: unknown) =>
      (answer as { choices: { text: string }[] }).choices.map(({ text }) => text);
    expect(texts(body)).toHaveLength(4);
    expect(texts(body)[3]).toBe(texts(single.body)[0]);
  });

  it('score a prompt in the words of the chat template as the chat does', async () => {
    const said = 'Take 1+2*3.\nOperation 1: 2*3 = 6';
    const prompt = `<s><|user|>What is the result of 1+2*3?<|end|><|assistant|>${said}`;
    const { body } = await post('/v1/completions', { prompt, max_tokens: 1, prompt_logprobs: 0 });
    const [choice] = (body as { choices: { prompt_logprobs: Answer['prompt_logprobs'] }[] })
      .choices;
    const last = Object.values(choice?.prompt_logprobs?.at(-1) ?? {})[0];
    expect(last?.decoded_token).toBe(' 6');
    expect(last?.logprob).toBeGreaterThan(-1);
  });
});

describe('embeddings', () => {
  it('are one unit vector a text', async () => {
    const { body } = await post('/v1/embeddings', { model: 'base', input: ['a', 'b c'] });
    expect(body).toMatchObject({
      object: 'list',
      data: [{ index: 0 }, { index: 1, object: 'embedding' }],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
  });
});
