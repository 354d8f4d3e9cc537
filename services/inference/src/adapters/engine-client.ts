import { ParleyError } from '@parley/platform';
import type { CanaryAnswer } from '../domain/canary.ts';
import type { ChatMessage } from '../domain/coalesce.ts';
import type { PromptLogprobs } from '../domain/score.ts';
import { type ChatAnswer, type ChatRequest, chatBody, chatStream, parseChat } from './chat-wire.ts';
import { connectionError, EngineAnswer, malformed, refusal } from './engine-errors.ts';
import { createHttpClient, type HttpClient, type HttpRequest } from './http-client.ts';

/** A model that an engine serves: the base, or an adapter over it. */
export type ServedModel = { name: string; adapter: boolean; maxModelLength: number | undefined };

/** Requests that an engine has, from everywhere. */
export type EngineLoad = { running: number; waiting: number };

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
  /** The greedy answer to a fixed question. */
  canary(model: string): Promise<CanaryAnswer>;
  health(): Promise<void>;
  models(): Promise<ServedModel[]>;
  version(): Promise<string>;
  load(): Promise<EngineLoad>;
  /** Idempotent. */
  loadAdapter(name: string, path: string): Promise<void>;
  /** Idempotent. */
  unloadAdapter(name: string): Promise<void>;
  close(): Promise<void>;
};

export type EngineClientOptions = {
  /** Calls at once at most. */
  connections: number;
  apiKey: string;
  /** How long the engine may be silent within a call. */
  timeoutMs: number;
};

const PROBE_TIMEOUT = 5_000;
const LOAD_TIMEOUT = 60_000;
const CANARY: readonly ChatMessage[] = [
  { role: 'user', content: 'What is the result of 12+7*3+5-4*6? Explain step by step.' },
];
const CANARY_TOKENS = 8;

/** Connects to an engine. Calls and what keeps the engine in order have connections of their own. */
export function createEngineClient(url: string, options: EngineClientOptions): EngineClient {
  const { apiKey, timeoutMs, connections } = options;
  const calls = createHttpClient(url, { connections, apiKey });
  const control = createHttpClient(url, { connections: 4, apiKey });

  async function exchange(client: HttpClient, request: HttpRequest): Promise<string> {
    let answer: Awaited<ReturnType<HttpClient['request']>>;
    try {
      answer = await client.request(request);
    } catch (thrown) {
      throw connectionError(url, thrown);
    }
    if (answer.status !== 200) throw refusal(url, answer);
    return answer.body;
  }

  function get(path: string): Promise<string> {
    return exchange(control, { method: 'GET', path, timeoutMs: PROBE_TIMEOUT });
  }

  function post(client: HttpClient, path: string, body: string, signal?: AbortSignal) {
    const timeout = client === calls ? timeoutMs : LOAD_TIMEOUT;
    return exchange(client, { method: 'POST', path, body, timeoutMs: timeout, signal });
  }

  function read<T>(body: string, parse: (body: string) => T): T {
    try {
      return parse(body);
    } catch (thrown) {
      throw malformed(
        url,
        thrown instanceof SyntaxError ? 'no JSON' : (thrown as Error).message,
        body,
      );
    }
  }

  return {
    url,

    async chat(request, signal, onText) {
      if (onText === undefined) {
        const body = await post(calls, CHAT, chatBody(request, false), signal);
        return read(body, (text) => parseChat(text, request.n));
      }
      let received = '';
      const stream = chatStream(request.n, onText);
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
      return read(answer, (text) => parseChat(text, 1).promptTokens);
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

    async load() {
      const text = await get('/metrics');
      return {
        running: metric(text, 'vllm:num_requests_running'),
        waiting: metric(text, 'vllm:num_requests_waiting'),
      };
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

    async close() {
      await Promise.all([calls.close(), control.close()]);
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

/** A gauge's value in Prometheus's text format, summed over its label sets; 0 when it is not there. */
function metric(text: string, name: string): number {
  let sum = 0;
  const start = `\n${name}{`;
  for (let at = text.indexOf(start); at >= 0; at = text.indexOf(start, at + 1)) {
    const end = text.indexOf('\n', at + 1);
    const line = text.slice(at, end < 0 ? undefined : end);
    const value = Number(line.slice(line.lastIndexOf('} ') + 2));
    if (Number.isFinite(value)) sum += value;
  }
  return sum;
}
