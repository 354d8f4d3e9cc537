import { sha256 } from '@parley/platform';

export type ChatBody = {
  model: string;
  messages: { role: string; content: string }[];
  seed?: number;
  n?: number;
  max_tokens?: number;
  temperature?: number;
  stream?: boolean;
  logprobs?: boolean;
  prompt_logprobs?: number;
  add_generation_prompt?: boolean;
  return_token_ids?: boolean;
};

/** What of an engine its answers depend on. */
export type Speaker = {
  /** Whether choices say how many tokens they have. */
  countsChoices: boolean;
  /** Adapters that change nothing. */
  inert: ReadonlySet<string>;
  /** Longest prompt and answer together, in tokens. */
  contextLength: number;
};

/** A choice, and why it ends. */
export type Words = { words: string[]; finish: 'stop' | 'length' };

/** The words that the engine gives for a seed; what a call with that seed alone gets. */
export function wordsOf(engine: Speaker, body: ChatBody, seed: number): string[] {
  return choiceOf(engine, body, seed).words;
}

/** All choices of a request: choice i is that of seed + i. */
export function choicesOf(engine: Speaker, body: ChatBody): Words[] {
  return Array.from({ length: body.n ?? 1 }, (_, index) =>
    choiceOf(engine, body, (body.seed ?? 0) + index),
  );
}

/** Two to six words, cut, as vLLM does it, to max_tokens and to what the context leaves. */
function choiceOf(engine: Speaker, body: ChatBody, seed: number): Words {
  const model = engine.inert.has(body.model) ? 'base' : body.model;
  const digest = sha256(
    JSON.stringify([model, body.messages, body.temperature === 0 ? 0 : seed, body.temperature]),
  );
  const whole = 2 + (Number.parseInt(digest[0] ?? '0', 16) % 5);
  const room = Math.min(body.max_tokens ?? 16, engine.contextLength - promptTokens(body));
  return {
    words: Array.from(
      { length: Math.min(room, whole) },
      (_, index) => `${digest.slice(index * 4, index * 4 + 4)} `,
    ),
    finish: whole > room ? 'length' : 'stop',
  };
}

/** Two tokens for each message, and three of a generation prompt where there is one. */
export function promptTokens({ messages, add_generation_prompt }: ChatBody): number {
  return 2 * messages.length + (add_generation_prompt === false ? 0 : 3);
}

/** `usage` of an answer. */
export function usageOf(body: ChatBody, choices: readonly Words[]): object {
  const completion = choices.reduce((sum, { words }) => sum + words.length, 0);
  const prompt = promptTokens(body);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  };
}

/** An answer in one piece. */
export function wholeAnswer(engine: Speaker, body: ChatBody): object {
  const choices = choicesOf(engine, body);
  const tokens = promptTokens(body) + (body.prompt_logprobs === undefined ? 0 : 5);
  return {
    object: 'chat.completion',
    model: body.model,
    choices: choices.map(({ words, finish }, index) => ({
      index,
      message: { role: 'assistant', content: words.join('') },
      logprobs: body.logprobs
        ? { content: words.map((token) => ({ token, logprob: -token.charCodeAt(0) / 100 })) }
        : null,
      finish_reason: finish,
      token_ids: body.return_token_ids && engine.countsChoices ? words.map(() => 1) : null,
    })),
    usage: usageOf(body, choices),
    prompt_logprobs:
      body.prompt_logprobs === undefined
        ? null
        : Array.from({ length: tokens }, (_, index) =>
            index === 0 ? null : { [String(index)]: { logprob: -index / 8, rank: 1 } },
          ),
  };
}

/** An answer as the chunks of a stream, without the `[DONE]` at its end. Each is one token, or none. */
export function* chunksOf(
  engine: Speaker,
  body: ChatBody,
): Generator<{ chunk: object; token: boolean }> {
  const choices = choicesOf(engine, body);
  const { model } = body;
  for (const [index, { words, finish }] of choices.entries()) {
    const role = { index, delta: { role: 'assistant', content: '' }, finish_reason: null };
    yield { chunk: { model, choices: [role] }, token: false };
    for (const [at, content] of words.entries()) {
      const token_ids = body.return_token_ids && engine.countsChoices ? [1] : null;
      const finish_reason = at === words.length - 1 ? finish : null;
      const choice = { index, delta: { content }, finish_reason, token_ids };
      yield { chunk: { model, choices: [choice] }, token: true };
    }
  }
  yield { chunk: { model, choices: [], usage: usageOf(body, choices) }, token: false };
}

/** Why vLLM refuses a request for its length, if it does: in its words. */
export function lengthComplaint(
  { contextLength }: Speaker,
  body: ChatBody,
): { message: string; param: string } | undefined {
  const { max_tokens = 16 } = body;
  if (max_tokens > contextLength)
    return {
      message: `max_tokens=${max_tokens} cannot be greater than max_model_len=${contextLength}. Please request fewer output tokens. (parameter=max_tokens, value=${max_tokens})`,
      param: 'max_tokens',
    };
  const prompt = promptTokens(body);
  if (prompt < contextLength) return undefined;
  if (prompt === contextLength)
    return {
      message: 'max_tokens must be at least 1, got 0. (parameter=max_tokens, value=0)',
      param: 'max_tokens',
    };
  const least = contextLength + 1;
  return {
    message: `This model's maximum context length is ${contextLength} tokens. However, your prompt contains at least ${least} input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt. (parameter=input_tokens, value=${least})`,
    param: 'input_tokens',
  };
}
