import { ParleyError } from '@parley/platform';
import type { CanaryAnswer } from '../domain/canary.ts';
import type { ChatMessage } from '../domain/coalesce.ts';
import { type EngineReport, readEngineReport } from '../domain/engine-report.ts';
import type { PromptLogprobs } from '../domain/score.ts';
import { type ChatAnswer, type ChatRequest, chatBody, chatStream, parseChat } from './chat-wire.ts';
import { connectionError, EngineAnswer, malformed, refusal } from './engine-errors.ts';
import { createHttpClient, type HttpClient, type HttpRequest } from './http-client.ts';

/** A model that an engine serves: the base, or an adapter over it. */
export type ServedModel = { name: string; adapter: boolean; maxModelLength: number | undefined };

/** An engine: one base model and adapters over it behind vLLM's HTTP API. All throw ParleyError. */
export type EngineClient = {
  readonly url: string;
  /** @param onText makes it a stream; called with each piece of a choice's text. */
  chat(
    request: ChatRequest,
    signal: AbortSignal,
    onText?: (choice: number, text: string) => void,
  ): Promise<ChatAnswer>;
  /** Log-probabilities of a conversation's tokens, from the first message to the end of the last. */
  promptLogprobs(
    model: string,
    messages: readonly ChatMessage[],
    signal: AbortSignal,
  ): Promise<PromptLogprobs>;
  /** Tokens of a conversation up to where an answer begins. */
  promptTokens(
    model: string,
    messages: readonly ChatMessage[],
    signal: AbortSignal,
  ): Promise<number>;
  /** As `promptTokens`, without an answer: also of a conversation that is too long to be answered. */
  countTokens(
    model: string,
    messages: readonly ChatMessage[],
    signal: AbortSignal,
  ): Promise<number>;
  /** The greedy answer to a fixed question. */
  canary(model: string): Promise<CanaryAnswer>;
  health(): Promise<void>;
  models(): Promise<ServedModel[]>;
  version(): Promise<string>;
  /** What it says of itself; undefined when that is not vLLM's. */
  report(): Promise<EngineReport | undefined>;
  /** Idempotent. */
  loadAdapter(name: string, path: string): Promise<void>;
  /** Idempotent. */
  unloadAdapter(name: string): Promise<void>;
  /** Has the calls under way fail with the error. */
  cut(error: ParleyError): void;
  close(): Promise<void>;
};

export type EngineClientOptions = {
  /** Calls at once at most. */
  connections: number;
  apiKey: string;
  /** How long the engine may be silent within a call. */
  timeoutMs: number;
  /** How long it may take to answer what is asked to look at it. */
  probeTimeoutMs?: number | undefined;
};

const PROBE_TIMEOUT = 5_000;
const LOAD_TIMEOUT = 60_000;
const CANARY: readonly ChatMessage[] = [
  { role: 'user', content: 'What is the result of 12+7*3+5-4*6? Explain step by step.' },
];
const CANARY_TOKENS = 8;

/** Connects to an engine. Calls, looks at it, and what keeps it in order have connections of their own. */
export function createEngineClient(url: string, options: EngineClientOptions): EngineClient {
  const { apiKey, timeoutMs, connections, probeTimeoutMs = PROBE_TIMEOUT } = options;
  const calls = createHttpClient(url, { connections, apiKey });
  const control = createHttpClient(url, { connections: 4, apiKey });
  const looks = createHttpClient(url, { connections: 4, apiKey });

  async function exchange(client: HttpClient, request: HttpRequest): Promise<string> {
    let answer: Awaited<ReturnType<HttpClient['request']>>;
    try {
      answer = await client.request(request);
    } catch (thrown) {
      throw connectionError(url, thrown, request.timeoutMs);
    }
    if (answer.status !== 200) throw refusal(url, answer);
    return answer.body;
  }

  function get(path: string): Promise<string> {
    return exchange(looks, { method: 'GET', path, timeoutMs: probeTimeoutMs });
  }

  function post(client: HttpClient, path: string, body: string, signal?: AbortSignal) {
    const timeout = client === calls ? timeoutMs : LOAD_TIMEOUT;
    return exchange(client, { method: 'POST', path, body, timeoutMs: timeout, signal });
  }

  function read<T>(body: string, parse: (body: string) => T): T {
    try {
      return parse(body);
    } catch (thrown) {
      throw malformed(url, thrown, body);
    }
  }

  return {
    url,

    async chat(request, signal, onText) {
      if (onText === undefined) {
        const body = await post(calls, CHAT, chatBody(request, false), signal);
        return read(body, (text) => parseChat(text, request));
      }
      let received = '';
      const stream = chatStream(request, onText);
      function push(text: string): void {
        received = text;
        read(text, stream.push);
      }
      const body = chatBody(request, true);
      await exchange(calls, { method: 'POST', path: CHAT, body, timeoutMs, signal, onText: push });
      return read(received, () => stream.end());
    },

    async promptLogprobs(model, messages, signal) {
      const request = { model, messages, ...ONE_TOKEN };
      const body = JSON.stringify({ ...request, prompt_logprobs: 0, add_generation_prompt: false });
      const answer = await post(calls, CHAT, body, signal);
      return read(answer, (text) => {
        const { prompt_logprobs } = JSON.parse(text) as { prompt_logprobs?: PromptLogprobs };
        if (!Array.isArray(prompt_logprobs)) throw new Error('no prompt_logprobs');
        return prompt_logprobs as PromptLogprobs;
      });
    },

    async promptTokens(model, messages, signal) {
      const body = JSON.stringify({ model, messages, ...ONE_TOKEN });
      const answer = await post(calls, CHAT, body, signal);
      return read(answer, (text) => parseChat(text, { n: 1 }).promptTokens);
    },

    async countTokens(model, messages, signal) {
      const body = JSON.stringify({ model, messages, add_generation_prompt: true });
      return read(await post(control, '/tokenize', body, signal), (text) => {
        const { count } = JSON.parse(text) as { count?: number };
        if (typeof count !== 'number') throw new Error('no count of tokens');
        return count;
      });
    },

    async canary(model) {
      const body = JSON.stringify({
        model,
        messages: CANARY,
        max_tokens: CANARY_TOKENS,
        temperature: 0,
        logprobs: true,
        top_logprobs: 0,
      });
      return read(await post(control, CHAT, body), parseCanary);
    },

    async health() {
      await get('/health');
    },

    async models() {
      return read(await get('/v1/models'), parseModels);
    },

    async version() {
      return read(await get('/version'), (text) =>
        String((JSON.parse(text) as { version?: string }).version),
      );
    },

    async report() {
      return readEngineReport(await get('/metrics'));
    },

    async loadAdapter(name, path) {
      const body = JSON.stringify({ lora_name: name, lora_path: path });
      try {
        await post(control, '/v1/load_lora_adapter', body);
      } catch (thrown) {
        if (!answered(thrown, 400, 'already been loaded')) throw thrown;
      }
    },

    async unloadAdapter(name) {
      const body = JSON.stringify({ lora_name: name });
      try {
        await post(control, '/v1/unload_lora_adapter', body);
      } catch (thrown) {
        if (!answered(thrown, 404, 'cannot be found')) throw thrown;
      }
    },

    cut: (error) => calls.cut(error),

    async close() {
      await Promise.all([calls, control, looks].map((client) => client.close()));
    },
  };
}

const CHAT = '/v1/chat/completions';
const ONE_TOKEN = { max_tokens: 1, temperature: 0 };

function answered(thrown: unknown, status: number, said: string): boolean {
  return (
    thrown instanceof ParleyError &&
    thrown.cause instanceof EngineAnswer &&
    thrown.cause.status === status &&
    thrown.cause.message.includes(said)
  );
}

function parseCanary(body: string): CanaryAnswer {
  const { choices } = JSON.parse(body) as {
    choices?: {
      message?: { content?: string | null };
      logprobs?: { content?: { logprob: number }[] } | null;
    }[];
  };
  const logprobs = choices?.[0]?.logprobs?.content?.map(({ logprob }) => logprob);
  if (logprobs === undefined) throw new Error('no log-probabilities');
  return { text: choices?.[0]?.message?.content ?? '', logprobs };
}

function parseModels(body: string): ServedModel[] {
  const { data } = JSON.parse(body) as {
    data?: { id: string; parent?: string | null; max_model_len?: number | null }[];
  };
  if (!Array.isArray(data)) throw new Error('no list of models');
  return data.map(({ id, parent, max_model_len }) => ({
    name: id,
    adapter: typeof parent === 'string',
    maxModelLength: max_model_len ?? undefined,
  }));
}
