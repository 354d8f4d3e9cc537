import type { Message } from '../policy/conversation.ts';
import type { Sampling } from '../policy/pen.ts';
import { countTokens, tokenize } from '../policy/tokens.ts';
import type { Body } from './body.ts';
import { booleanField, integerField, numberField, stringsField } from './body.ts';
import { END } from './complete.ts';
import { badRequest, invalid, missing, pythonFloat } from './errors.ts';

/** What the two generating endpoints share. */
export interface GenerateRequest {
  readonly n: number;
  readonly sampling: Sampling;
  /** Null when the request brings none. */
  readonly seed: number | null;
  /** Null when the request sets none: as much as fits. */
  readonly maxTokens: number | null;
  readonly stop: readonly string[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly continuousUsage: boolean;
  /** How many alternatives each prompt token is given with; null gives no prompt logprobs. */
  readonly promptLogprobs: number | null;
}

const GREEDY = 1e-5;
const MAX_LOGPROBS = 20;

/** Reads and checks the fields that both endpoints share. Throws ApiError. */
export function readGenerate(body: Body, maxModelLen: number): GenerateRequest {
  const temperature = numberField(body, 'temperature', 1);
  const topP = numberField(body, 'top_p', 1);
  const n = integerField(body, 'n', 1);
  const maxTokens =
    integerField(body, 'max_completion_tokens', null) ?? integerField(body, 'max_tokens', null);
  const promptLogprobs = integerField(body, 'prompt_logprobs', null);
  const stream = booleanField(body, 'stream', false);
  const streamOptions = (body.stream_options ?? {}) as Body;
  if (n < 1) throw badRequest(`n must be at least 1, got ${n}.`);
  if (!(temperature >= 0)) {
    const value = pythonFloat(temperature);
    throw badRequest(`temperature must be non-negative, got ${value}.`, 'temperature', value);
  }
  if (!(topP > 0 && topP <= 1)) {
    const value = pythonFloat(topP);
    throw badRequest(`top_p must be in (0, 1], got ${value}.`, 'top_p', value);
  }
  if (maxTokens !== null && maxTokens > maxModelLen) {
    const limits = `max_tokens=${maxTokens} cannot be greater than max_model_len=${maxModelLen}.`;
    const advice = 'Please request fewer output tokens.';
    throw badRequest(`${limits} ${advice}`, 'max_tokens', String(maxTokens));
  }
  if (n > 1 && temperature < GREEDY) {
    throw badRequest(`n must be 1 when using greedy sampling, got ${n}.`);
  }
  if (promptLogprobs !== null && stream) {
    throw badRequest('`prompt_logprobs` are not available when `stream=True`.', 'prompt_logprobs');
  }
  checkLogprobs(promptLogprobs, 'prompt', 'prompt_logprobs');
  return {
    n,
    sampling: { temperature: temperature < GREEDY ? 0 : temperature, topP },
    seed: integerField(body, 'seed', null),
    maxTokens,
    stop: stringsField(body, 'stop').filter((text) => text !== ''),
    stream,
    includeUsage: booleanField(streamOptions, 'include_usage', false),
    continuousUsage: booleanField(streamOptions, 'continuous_usage_stats', false),
    promptLogprobs,
  };
}

/** Refuses a count of alternatives that is out of range. */
export function checkLogprobs(count: number | null, kind: string, param: string): void {
  if (count === null || (count >= 0 && count <= MAX_LOGPROBS)) return;
  if (count < 0)
    throw badRequest(`${param} must be non-negative, got ${count}.`, param, `${count}`);
  const message = `Requested ${kind} logprobs of ${count}, which is greater than max allowed: ${MAX_LOGPROBS}`;
  throw badRequest(message, param, String(count));
}

/** Refuses an output limit that allows no token. */
export function checkMaxTokens(maxTokens: number | null, least: number): void {
  if (maxTokens === null || maxTokens >= least) return;
  const message = `max_tokens must be at least ${least}, got ${maxTokens}.`;
  throw badRequest(message, 'max_tokens', String(maxTokens));
}

/** The tokens that an answer to a prompt can have; throws ApiError when the prompt is too long. */
export function outputLimit(prompt: number, asked: number | null, maxModelLen: number): number {
  if (prompt === maxModelLen) checkMaxTokens(0, 1);
  if (prompt > maxModelLen) {
    const least = maxModelLen + 1;
    const message = `This model's maximum context length is ${maxModelLen} tokens. However, your prompt contains at least ${least} input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt.`;
    throw badRequest(message, 'input_tokens', String(least));
  }
  return Math.min(asked ?? maxModelLen, maxModelLen - prompt);
}

/** Reads the messages of a chat. Throws ApiError. */
export function readMessages(body: Body): Message[] {
  const list = body.messages;
  if (list === undefined) throw missing('messages', body);
  if (!Array.isArray(list)) {
    throw invalid(
      'list_type',
      'body.messages',
      'Input should be a valid list',
      "'input': '<value>'",
    );
  }
  if (list.length === 0) {
    throw badRequest(
      'Cannot apply chat template to an empty conversation. Provide at least one message.',
    );
  }
  return list.map((message: unknown, i) => {
    const { role, content } = (message ?? {}) as Body;
    if (typeof role !== 'string') {
      const loc = `body.messages.${i}.role`;
      throw invalid('missing', loc, 'Field required', "'input': '<value>'");
    }
    return { role, content: contentText(content) };
  });
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const parts = content.map((part: unknown) => (part as Body | null)?.text);
  return parts.filter((text) => typeof text === 'string').join('\n');
}

/** The tokens of a chat under the template. */
export function chatTokens(messages: readonly Message[], generationPrompt: boolean): string[] {
  const turns = messages.flatMap(({ role, content }) => [`<|${role}|>`, ...tokenize(content), END]);
  return ['<s>', ...turns, ...(generationPrompt ? ['<|assistant|>'] : [])];
}

/** How many tokens `chatTokens` gives: one to begin, two marks a message, one to prompt. */
export function countChat(messages: readonly Message[], generationPrompt: boolean): number {
  const contents = messages.reduce((sum, { content }) => sum + countTokens(content) + 2, 0);
  return 1 + contents + (generationPrompt ? 1 : 0);
}
