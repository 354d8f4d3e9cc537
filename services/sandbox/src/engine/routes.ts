import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { embed } from '../policy/embed.ts';
import { countTokens, tokenId, tokenize } from '../policy/tokens.ts';
import type { Body } from './body.ts';
import { booleanField, parseBody, stringField, stringsField } from './body.ts';
import { answerChat, readChat, streamChat } from './chat.ts';
import { answerCompletions, readCompletions, streamCompletions } from './completions.ts';
import type { Core } from './core.ts';
import { missing } from './errors.ts';
import { chatTokens, readMessages } from './requests.ts';
import { EventStream } from './sse.ts';
import { VERSION } from './usage.ts';

/** Adds the endpoints of an engine to a server that leaves bodies as text. */
export function addRoutes(app: FastifyInstance, core: Core): void {
  app.get('/health', async (_request, reply) => reply.send());
  app.get('/version', async () => ({ version: VERSION }));
  app.get('/load', async () => ({ server_load: core.slots.running + core.slots.waiting }));
  app.get('/metrics', async (_request, reply) => {
    const type = 'text/plain; version=1.0.0; charset=utf-8';
    return reply.header('content-type', type).send(renderMetrics(core));
  });
  app.get('/v1/models', async () => core.models.list(core.config.maxModelLen, seconds()));
  app.post('/v1/chat/completions', (request, reply) => chat(core, request, reply));
  app.post('/v1/completions', (request, reply) => completions(core, request, reply));
  app.post('/v1/embeddings', async (request) => embeddings(core, readBody(request)));
  app.post('/tokenize', async (request) => tokens(core, readBody(request)));
  app.post('/v1/load_lora_adapter', async (request, reply) => {
    const body = readBody(request);
    const name = stringField(body, 'lora_name');
    const path = stringField(body, 'lora_path');
    await core.models.load(name, path, booleanField(body, 'load_inplace', false));
    sendText(reply, `Success: LoRA adapter '${name}' added successfully.`);
  });
  app.post('/v1/unload_lora_adapter', async (request, reply) => {
    const name = stringField(readBody(request), 'lora_name');
    core.models.unload(name);
    sendText(reply, `Success: LoRA adapter '${name}' removed successfully.`);
  });
}

async function chat(core: Core, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const read = readChat(core, readBody(request));
  const id = requestId('chatcmpl', request);
  const signal = closeSignal(reply);
  if (!read.stream) {
    const answer = await unlessAborted(answerChat(core, read, id, seconds(), signal), signal);
    return answer === null ? void reply.hijack() : sendJson(reply, answer);
  }
  const events = new EventStream(reply.hijack().raw);
  await streamChat(core, read, id, seconds(), signal, events).catch(() => events.destroy());
}

async function completions(
  core: Core,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const read = readCompletions(core, readBody(request));
  const id = requestId('cmpl', request);
  const signal = closeSignal(reply);
  if (!read.stream) {
    const work = answerCompletions(core, read, id, seconds(), signal);
    const answer = await unlessAborted(work, signal);
    return answer === null ? void reply.hijack() : sendJson(reply, answer);
  }
  const events = new EventStream(reply.hijack().raw);
  await streamCompletions(core, read, id, seconds(), signal, events).catch(() => events.destroy());
}

function embeddings(core: Core, body: Body): object {
  const model = core.models.find(body.model);
  if (body.input === undefined) throw missing('input', body);
  const inputs = stringsField(body, 'input');
  const count = inputs.reduce((total, text) => total + countTokens(text), 0);
  return {
    id: `embd-${randomId()}`,
    object: 'list',
    created: seconds(),
    model: model.name,
    data: inputs.map((text, index) => ({ index, object: 'embedding', embedding: embed(text) })),
    usage: {
      prompt_tokens: count,
      total_tokens: count,
      completion_tokens: 0,
      prompt_tokens_details: null,
    },
  };
}

function tokens(core: Core, body: Body): object {
  core.models.find(body.model);
  const pieces =
    body.messages === undefined
      ? tokenize(stringField(body, 'prompt'))
      : chatTokens(readMessages(body), booleanField(body, 'add_generation_prompt', true));
  return {
    count: pieces.length,
    max_model_len: core.config.maxModelLen,
    tokens: pieces.map(tokenId),
    token_strs: booleanField(body, 'return_token_strs', false) ? pieces : null,
  };
}

function renderMetrics({ config, metrics, slots }: Core): string {
  const models = slots.models();
  const adapters = (names: string[]): string[] =>
    names.filter((name) => name !== config.servedModelName);
  return metrics.render(config.servedModelName, Date.now(), {
    running: slots.running,
    waiting: slots.waiting,
    cacheUsage: slots.running / config.slots,
    runningAdapters: adapters(models.running),
    waitingAdapters: adapters(models.waiting),
  });
}

/** Aborts when the client goes away before its answer is complete. */
function closeSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const { raw } = reply;
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

function readBody(request: FastifyRequest): Body {
  return parseBody(typeof request.body === 'string' ? request.body : '');
}

function sendJson(reply: FastifyReply, body: object): void {
  void reply.header('content-type', 'application/json').send(JSON.stringify(body));
}

/** Without a content-type, as vLLM sends it. */
function sendText(reply: FastifyReply, text: string): void {
  reply.hijack().raw.end(text);
}

function requestId(prefix: string, request: FastifyRequest): string {
  const given = request.headers['x-request-id'];
  return `${prefix}-${typeof given === 'string' && given !== '' ? given : randomId()}`;
}

function randomId(): string {
  const half = (): string =>
    Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return half() + half();
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
