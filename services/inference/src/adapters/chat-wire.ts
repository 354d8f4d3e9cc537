import type { ChatMessage } from '../domain/coalesce.ts';
import type { Sampling } from '../domain/sampling.ts';
import { eventParser } from '../domain/server-sent-events.ts';
import { shareTokens } from '../domain/tokens.ts';
import { EngineAnswer } from './engine-errors.ts';

/** A chat completion with n choices. */
export type ChatRequest = {
  model: string;
  messages: readonly ChatMessage[];
  sampling: Sampling;
  seed: number;
  n: number;
  /** What the engine may call the model in its answer; not looked at when absent. */
  names?: readonly string[];
};

/** What of a request its answer is held against. */
type Asked = Pick<ChatRequest, 'n' | 'names'>;

export type ChatChoice = { text: string; finishReason: 'stop' | 'length'; tokens: number };

/** What an engine answered: as many choices as were asked for, in order, and the tokens of the prompt. */
export type ChatAnswer = { choices: ChatChoice[]; promptTokens: number };

/** The request as JSON. Token ids are asked for where only they tell how long each choice is. */
export function chatBody(request: ChatRequest, stream: boolean): string {
  const { model, messages, sampling, seed, n } = request;
  return JSON.stringify({
    model,
    messages,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    max_tokens: sampling.maxTokens,
    seed,
    ...(n > 1 ? { n, return_token_ids: true } : undefined),
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : undefined),
  });
}

type WireChoice = {
  index?: number;
  message?: { content?: string | null };
  delta?: { content?: string | null };
  finish_reason?: string | null;
  token_ids?: unknown[] | null;
};

type WireAnswer = {
  model?: string;
  choices?: WireChoice[];
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
  error?: { message?: string; code?: number };
};

/** A choice as far as it has come. */
type Draft = { text: string; finish: string | undefined; tokens: number; counted: boolean };

/** Reads a whole answer. @throws Error saying what is wrong with it. */
export function parseChat(body: string, asked: Asked): ChatAnswer {
  const answer = JSON.parse(body) as WireAnswer;
  checkModel(answer, asked);
  const drafts = emptyDrafts(asked.n);
  for (const choice of answer.choices ?? [])
    add(drafts, choice, choice.message?.content ?? '', choice.finish_reason);
  return finished(drafts, answer.usage);
}

/**
 * Reads an answer that comes as server-sent events.
 * @param onText called with each piece of a choice's text.
 */
export function chatStream(asked: Asked, onText: (choice: number, text: string) => void) {
  const drafts = emptyDrafts(asked.n);
  let usage: WireAnswer['usage'];
  let done = false;

  function take(data: string): void {
    if (data === '[DONE]') {
      done = true;
      return;
    }
    const chunk = JSON.parse(data) as WireAnswer;
    if (chunk.error) throw new EngineAnswer(chunk.error.code ?? 500, `${chunk.error.message}`, '');
    checkModel(chunk, asked);
    usage = chunk.usage ?? usage;
    for (const choice of chunk.choices ?? []) {
      const text = choice.delta?.content ?? '';
      add(drafts, choice, text, choice.finish_reason);
      if (text !== '') onText(choice.index ?? 0, text);
    }
  }

  return {
    /** Takes the next piece of the body. @throws Error saying what is wrong with it; EngineAnswer, what the engine says is. */
    push: eventParser(take),
    /** The whole answer, once the body has ended. @throws Error when it is not whole. */
    end(): ChatAnswer {
      if (!done) throw new Error('a stream that breaks off');
      return finished(drafts, usage);
    },
  };
}

function checkModel({ model }: WireAnswer, { names }: Asked): void {
  if (model === undefined || names === undefined || names.includes(model)) return;
  throw new Error(`${model.slice(0, 200)} answered instead of ${names.join(' or ')}`);
}

function emptyDrafts(n: number): Draft[] {
  return Array.from({ length: n }, () => ({
    text: '',
    finish: undefined,
    tokens: 0,
    counted: false,
  }));
}

function add(
  drafts: Draft[],
  { index = 0, token_ids }: WireChoice,
  text: string,
  finish: string | null | undefined,
): void {
  const draft = drafts[index];
  if (draft === undefined) throw new Error(`choice ${index} of ${drafts.length}`);
  draft.text += text;
  draft.finish = finish ?? draft.finish;
  if (token_ids) {
    draft.tokens += token_ids.length;
    draft.counted = true;
  }
}

function finished(drafts: Draft[], usage: WireAnswer['usage']): ChatAnswer {
  const { prompt_tokens, completion_tokens } = usage ?? {};
  if (prompt_tokens === undefined || completion_tokens === undefined) throw new Error('no usage');
  const tokens = drafts.every(({ counted }) => counted)
    ? drafts.map((draft) => draft.tokens)
    : shareTokens(
        completion_tokens,
        drafts.map(({ text }) => text.length),
      );
  const choices = drafts.map(({ text, finish }, index) => {
    if (finish === undefined) throw new Error(`choice ${index} unfinished`);
    if (finish === 'abort' || finish === 'error') throw new Error(`choice ${index} aborted`);
    return {
      text,
      finishReason: finish === 'length' ? ('length' as const) : ('stop' as const),
      tokens: tokens[index] ?? 0,
    };
  });
  return { choices, promptTokens: prompt_tokens };
}
