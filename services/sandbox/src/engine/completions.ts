import type { Message } from '../policy/conversation.ts';
import { readTask } from '../policy/conversation.ts';
import { conversationHash } from '../policy/policy.ts';
import type { ScoredToken } from '../policy/score.ts';
import { outside } from '../policy/score.ts';
import { countTokens, tokenize } from '../policy/tokens.ts';
import type { Body } from './body.ts';
import { booleanField, integerField, stringsField } from './body.ts';
import { parts } from './chat.ts';
import type { Draw } from './complete.ts';
import { END, scoreCompletion } from './complete.ts';
import type { Core } from './core.ts';
import { badRequest, missing } from './errors.ts';
import { completionLogprobs, promptLogprobs, scoreChat } from './logprobs.ts';
import type { Model } from './models.ts';
import type { GenerateRequest } from './requests.ts';
import { checkLogprobs, checkMaxTokens, outputLimit, readGenerate } from './requests.ts';
import type { EventStream } from './sse.ts';
import { FINGERPRINT, finalUsage, usage } from './usage.ts';

interface Prompt {
  readonly text: string;
  readonly tokens: number;
  readonly draws: readonly Draw[];
}

/** A completions request, read and checked. */
export interface TextRequest extends GenerateRequest {
  readonly model: Model;
  readonly prompts: readonly Prompt[];
  readonly echo: boolean;
  readonly logprobs: number | null;
}

const MARK = /<\|([a-z]+)\|>/g;

/** Reads and checks a completions request. Throws ApiError. */
export function readCompletions(core: Core, body: Body): TextRequest {
  const model = core.models.find(body.model);
  if (body.prompt === undefined || body.prompt === null) throw missing('prompt', body);
  const request = readGenerate({ max_tokens: 16, ...body }, core.config.maxModelLen);
  const logprobs = integerField(body, 'logprobs', null);
  checkLogprobs(logprobs, 'sample', 'logprobs');
  const echo = booleanField(body, 'echo', false);
  checkMaxTokens(request.maxTokens, echo ? 0 : 1);
  const texts = stringsField(body, 'prompt');
  if (texts.length === 0) throw badRequest('Please provide at least one prompt.', 'prompt');
  core.admit(texts.length * request.n);
  const seed = request.seed ?? core.drawSeed();
  const prompts = texts.map((text) => readPrompt(core, model, request, text, seed));
  return { ...request, model, prompts, echo, logprobs };
}

/** Answers a completions request in one piece. */
export async function answerCompletions(
  core: Core,
  request: TextRequest,
  id: string,
  created: number,
  signal: AbortSignal,
): Promise<object> {
  const { model, prompts, n, echo } = request;
  const promptDetail = request.promptLogprobs ?? (echo ? request.logprobs : null);
  const runs = prompts.flatMap((prompt) => prompt.draws.map((draw) => ({ prompt, draw })));
  const completions = await Promise.all(
    runs.map(({ prompt, draw }) => core.run(model.name, draw, prompt.tokens, signal)),
  );
  const scoredPrompts = prompts.map(({ text }) =>
    echo || promptDetail !== null ? scorePrompt(model.theta, text) : null,
  );
  const choices = completions.map((completion, index) => {
    const { prompt, draw } = runs[index] as (typeof runs)[number];
    const before = scoredPrompts[Math.floor(index / n)] ?? null;
    const nothing = draw.maxTokens === 0;
    const scored = nothing ? [] : scoreCompletion(draw, completion);
    const echoed = echo && before !== null ? [...before, ...scored] : scored;
    const first = echo ? 'unscored' : 'scored';
    const k = request.logprobs;
    return {
      index,
      text: (echo ? prompt.text : '') + completion.text,
      logprobs: k === null ? null : completionLogprobs(echoed, k, first),
      finish_reason: nothing ? 'stop' : completion.finish,
      stop_reason: completion.stopReason,
      token_ids: null,
      prompt_logprobs:
        before === null || promptDetail === null ? null : promptLogprobs(before, promptDetail),
      prompt_token_ids: null,
      routed_experts: null,
    };
  });
  return {
    id,
    object: 'text_completion',
    created,
    model: model.name,
    choices,
    service_tier: null,
    system_fingerprint: FINGERPRINT,
    usage: usage(
      prompts.reduce((total, { tokens }) => total + tokens, 0),
      completions.reduce((total, { count }) => total + count, 0),
    ),
    kv_transfer_params: null,
    ec_transfer_params: null,
    metrics: null,
  };
}

/** Answers a completions request as a stream. */
export async function streamCompletions(
  core: Core,
  request: TextRequest,
  id: string,
  created: number,
  signal: AbortSignal,
  events: EventStream,
): Promise<void> {
  const { model, prompts } = request;
  const head = { id, object: 'text_completion', created, model: model.name };
  const runs = prompts.flatMap((prompt) => prompt.draws.map((draw) => ({ prompt, draw })));
  const completions = await Promise.all(
    runs.map(({ prompt, draw }, index) =>
      core.run(model.name, draw, prompt.tokens, signal, (completion, from, to, last) => {
        for (const part of parts(completion, from, to, last, core.config.streamInterval)) {
          const choice = {
            index,
            text: completion.tokens.slice(part.from, part.to).join(''),
            logprobs: null,
            finish_reason: part.last ? completion.finish : null,
            stop_reason: part.last ? completion.stopReason : null,
            token_ids: null,
          };
          events.send({ ...head, choices: [choice] });
        }
      }),
    ),
  );
  if (request.includeUsage) {
    const prompt = prompts.reduce((total, { tokens }) => total + tokens, 0);
    const tokens = completions.reduce((total, { count }) => total + count, 0);
    const total = finalUsage(prompt, tokens);
    events.send({ ...head, choices: [], usage: total, system_fingerprint: FINGERPRINT });
  }
  events.done();
}

/** Reads a prompt that follows the chat template; any other text is one user message. */
export function readTemplate(text: string): { messages: Message[]; open: boolean } {
  const body = text.replace(/^<s>/, '');
  const marks = [...body.matchAll(MARK)];
  if (marks[0]?.index !== 0) {
    return { messages: [{ role: 'user', content: text }], open: true };
  }
  const messages: Message[] = [];
  for (const [i, mark] of marks.entries()) {
    const role = mark[1] as string;
    if (role === 'end') continue;
    const start = mark.index + mark[0].length;
    messages.push({ role, content: body.slice(start, marks[i + 1]?.index) });
  }
  const last = messages.at(-1);
  const open = last?.role === 'assistant' && last.content === '' && marks.at(-1)?.[1] !== 'end';
  return { messages: open ? messages.slice(0, -1) : messages, open };
}

function scorePrompt(theta: Float64Array, text: string): ScoredToken[] {
  const { messages, open } = readTemplate(text);
  const plain = tokenize(text);
  const scored = scoreChat(theta, messages, open);
  // A text that is not the template's word for word has no assistant turn that could be scored.
  const offset = text.startsWith('<s>') ? 0 : 1;
  const matches = plain.every((token, i) => scored[i + offset]?.token === token);
  return matches ? scored.slice(offset, plain.length + offset) : plain.map(outside);
}

function readPrompt(
  core: Core,
  model: Model,
  request: GenerateRequest,
  text: string,
  seed: number,
): Prompt {
  const tokens = countTokens(text);
  const maxTokens = outputLimit(tokens, request.maxTokens, core.config.maxModelLen);
  const { messages, open } = readTemplate(text);
  const task = !open && text.endsWith(END) ? null : readTask(messages);
  const { sampling, stop, n } = request;
  const salt = conversationHash(messages);
  const shared = { theta: model.theta, task, sampling, salt, maxTokens, stop };
  const draws = Array.from({ length: n }, (_, i) => ({ ...shared, seed: seed + i }));
  return { text, tokens, draws };
}
