import type { Message } from '../policy/conversation.ts';
import { readTask } from '../policy/conversation.ts';
import { conversationHash } from '../policy/policy.ts';
import { hashText } from '../policy/random.ts';
import type { ScoredToken } from '../policy/score.ts';
import { countTokens, tokenId } from '../policy/tokens.ts';
import type { Body } from './body.ts';
import { booleanField, integerField } from './body.ts';
import type { Completion, Draw } from './complete.ts';
import { END, scoreCompletion } from './complete.ts';
import type { Core } from './core.ts';
import { badRequest } from './errors.ts';
import { chatLogprobs, promptLogprobs, scoreChat } from './logprobs.ts';
import type { Model } from './models.ts';
import type { GenerateRequest } from './requests.ts';
import {
  chatTokens,
  checkLogprobs,
  checkMaxTokens,
  countChat,
  outputLimit,
  readGenerate,
  readMessages,
} from './requests.ts';
import type { EventStream } from './sse.ts';
import { FINGERPRINT, finalUsage, runningUsage, usage } from './usage.ts';

/** A chat request, read and checked. */
export interface Chat extends GenerateRequest {
  readonly model: Model;
  readonly messages: readonly Message[];
  readonly generationPrompt: boolean;
  /** Alternatives a token; null gives no logprobs. */
  readonly logprobs: number | null;
  /** Whether choices carry the ids of their tokens, and the answer those of the prompt. */
  readonly tokenIds: boolean;
  readonly promptTokens: number;
  readonly draws: readonly Draw[];
}

/** Reads and checks a chat request. Throws ApiError. */
export function readChat(core: Core, body: Body): Chat {
  const model = core.models.find(body.model);
  const messages = readMessages(body);
  const request = readGenerate(body, core.config.maxModelLen);
  checkMaxTokens(request.maxTokens, 1);
  const logprobs = readLogprobs(body);
  const tokenIds = booleanField(body, 'return_token_ids', false);
  const generationPrompt = booleanField(body, 'add_generation_prompt', true);
  const promptTokens = countChat(messages, generationPrompt);
  const maxTokens = outputLimit(promptTokens, request.maxTokens, core.config.maxModelLen);
  const answered = !generationPrompt && messages.at(-1)?.role === 'assistant';
  const { n, sampling, stop } = request;
  const task = answered ? null : readTask(messages);
  const salt = conversationHash(messages);
  const seed = request.seed ?? core.drawSeed();
  const shared = { theta: model.theta, task, sampling, salt, maxTokens, stop };
  core.admit(n);
  const draws = Array.from({ length: n }, (_, i) => ({ ...shared, seed: seed + i }));
  return {
    ...request,
    model,
    messages,
    generationPrompt,
    logprobs,
    tokenIds,
    promptTokens,
    draws,
  };
}

/** Answers a chat request in one piece. */
export async function answerChat(
  core: Core,
  chat: Chat,
  id: string,
  created: number,
  signal: AbortSignal,
): Promise<object> {
  const { model, draws, promptTokens, logprobs } = chat;
  notePrefixes(core, chat);
  const completions = await Promise.all(
    draws.map((draw) => core.run(model.name, draw, promptTokens, signal)),
  );
  const choices = completions.map((completion, index) => {
    const scored = logprobs === null ? null : scoreCompletion(draws[index] as Draw, completion);
    return {
      index,
      message: {
        role: 'assistant',
        content: completion.text,
        refusal: null,
        annotations: null,
        audio: null,
        function_call: null,
        reasoning: null,
      },
      logprobs: scored === null ? null : chatLogprobs(scored, logprobs ?? 0),
      finish_reason: completion.finish,
      stop_reason: completion.stopReason,
      token_ids: chat.tokenIds ? idsOf(completion, 0, completion.tokens.length, true) : null,
      routed_experts: null,
    };
  });
  const tokens = completions.reduce((total, { count }) => total + count, 0);
  return {
    id,
    object: 'chat.completion',
    created,
    model: model.name,
    choices,
    service_tier: null,
    system_fingerprint: FINGERPRINT,
    usage: usage(promptTokens, tokens),
    prompt_logprobs: scorePrompt(chat),
    prompt_token_ids: promptIds(chat),
    prompt_text: null,
    kv_transfer_params: null,
    ec_transfer_params: null,
    metrics: null,
  };
}

/** Answers a chat request as a stream. */
export async function streamChat(
  core: Core,
  chat: Chat,
  id: string,
  created: number,
  signal: AbortSignal,
  events: EventStream,
): Promise<void> {
  const { model, draws, promptTokens, continuousUsage, includeUsage } = chat;
  notePrefixes(core, chat);
  const head = { id, object: 'chat.completion.chunk', created, model: model.name };
  const counted = (count: number): object =>
    continuousUsage ? { usage: runningUsage(promptTokens, count) } : {};
  for (const index of draws.keys()) {
    const delta = { role: 'assistant', content: '' };
    const choices = [{ index, delta, logprobs: null, finish_reason: null }];
    const prompt = { prompt_token_ids: promptIds(chat), prompt_text: null };
    events.send({ ...head, choices, ...counted(0), ...prompt });
  }
  let ended = 0;
  const completions = await Promise.all(
    draws.map((draw, index) => {
      let scored: readonly ScoredToken[] | null = null;
      return core.run(model.name, draw, promptTokens, signal, (completion, from, to, last) => {
        if (chat.logprobs !== null) scored ??= scoreCompletion(draw, completion);
        for (const part of parts(completion, from, to, last, core.config.streamInterval)) {
          if (part.last) ended++;
          const tokens = scored?.slice(part.from, part.last ? undefined : part.to);
          const choice = {
            index,
            delta: { content: completion.tokens.slice(part.from, part.to).join('') },
            logprobs: tokens === undefined ? null : chatLogprobs(tokens, chat.logprobs ?? 0),
            finish_reason: part.last ? completion.finish : null,
            ...(part.last ? { stop_reason: completion.stopReason } : {}),
            token_ids: chat.tokenIds ? idsOf(completion, part.from, part.to, part.last) : null,
          };
          const mark = ended === draws.length && part.last && !includeUsage;
          events.send({
            ...head,
            choices: [choice],
            ...counted(part.last ? completion.count : part.to),
            ...(mark ? { system_fingerprint: FINGERPRINT } : {}),
          });
        }
      });
    }),
  );
  if (includeUsage) {
    const tokens = completions.reduce((total, { count }) => total + count, 0);
    const total = finalUsage(promptTokens, tokens);
    events.send({ ...head, choices: [], usage: total, system_fingerprint: FINGERPRINT });
  }
  events.done();
}

/** A run of tokens that goes into one chunk; `last` carries the finish reason. */
export interface Part {
  readonly from: number;
  readonly to: number;
  readonly last: boolean;
}

/** Splits the tokens `from` up to `to` into chunks; an ending token that has no text comes alone. */
export function parts(
  completion: Completion,
  from: number,
  to: number,
  last: boolean,
  interval: number,
): Part[] {
  const alone = last && completion.count > completion.tokens.length;
  const found: Part[] = [];
  let at = from;
  while (at < to) {
    const next = Math.min(to, at === 0 ? 1 : at + interval);
    found.push({ from: at, to: next, last: last && !alone && next === to });
    at = next;
  }
  if (last && (alone || found.length === 0)) found.push({ from: to, to, last: true });
  return found;
}

/** The ids of a run of tokens; the last run has that of the token that ended the answer, too. */
function idsOf(completion: Completion, from: number, to: number, last: boolean): number[] {
  const ids = completion.tokens.slice(from, to).map(tokenId);
  const ended = last && completion.count > completion.tokens.length;
  return ended ? [...ids, tokenId(END)] : ids;
}

function promptIds({ tokenIds, messages, generationPrompt }: Chat): number[] | null {
  return tokenIds ? chatTokens(messages, generationPrompt).map(tokenId) : null;
}

function readLogprobs(body: Body): number | null {
  const wanted = booleanField(body, 'logprobs', false);
  const top = integerField(body, 'top_logprobs', null);
  if (!wanted) {
    if (top === null || top === 0) return null;
    const message = 'when using `top_logprobs`, `logprobs` must be set to true.';
    throw badRequest(message, 'top_logprobs');
  }
  checkLogprobs(top, 'sample', 'logprobs');
  return top ?? 0;
}

function scorePrompt(chat: Chat): unknown[] | null {
  const { model, messages, generationPrompt } = chat;
  if (chat.promptLogprobs === null) return null;
  const tokens = scoreChat(model.theta, messages, generationPrompt);
  return promptLogprobs(tokens, chat.promptLogprobs);
}

function notePrefixes(core: Core, { model, messages, promptTokens }: Chat): void {
  let hash = hashText(model.name);
  let tokens = 1;
  const beginnings = messages.map(({ role, content }) => {
    hash = hashText(content, hashText(`${role}\n`, hash));
    tokens += countTokens(content) + 2;
    return { hash, tokens };
  });
  core.metrics.cacheQueries += promptTokens;
  core.metrics.cacheHits += core.prefixes.note(beginnings);
}
