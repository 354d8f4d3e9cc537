import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type ChatBody,
  chunksOf,
  lengthComplaint,
  promptTokens,
  type Speaker,
  wholeAnswer,
} from './engine-answers.ts';

export { wordsOf } from './engine-answers.ts';

/** What an engine under test does to a chat request instead of answering it. */
export type Fault =
  | { kind: 'status'; status: number; body: string }
  | { kind: 'hang' }
  | { kind: 'reset' }
  | { kind: 'truncated' }
  /** Breaks a stream off after that many tokens. */
  | { kind: 'break'; after: number }
  /** Sends something else than an event after that many tokens. */
  | { kind: 'garbled'; after: number }
  /** Says in a stream after that many tokens, as vLLM does, that it died. */
  | { kind: 'death'; after: number }
  /** Sends nothing more of a stream after that many tokens. */
  | { kind: 'stall'; after: number }
  /** Answers in the name of another model. */
  | { kind: 'model'; model: string };

/** A real HTTP server that speaks vLLM's wire as far as Parley uses it. Its words are a hash of what it was asked. */
export type TestEngine = Speaker & {
  readonly url: string;
  /** Chat requests in the order in which they came. */
  readonly chats: ChatBody[];
  /** Chat requests whose client went away before the answer. */
  aborted: number;
  /** Sequences that are being answered now, and the most that ever were. */
  running: number;
  mostRunning: number;
  /** Adapters by name, with the folder that each was loaded from. */
  readonly adapters: Map<string, string>;
  loads: number;
  /** What happens to the next chat requests; undefined answers them. */
  fault: (body: ChatBody, nth: number) => Fault | undefined;
  /** Milliseconds before an answer. */
  delayMs: number;
  readonly inert: Set<string>;
  /** How a load of that name is refused. */
  refuseLoad: (name: string) => { status: number; message: string } | undefined;
  healthy: boolean;
  /** Takes requests and answers none, as a host that has gone. */
  silent: boolean;
  /** What `GET /v1/models` answers in place of the models; undefined tells them. */
  modelsAnswer: { status: number; body: string } | undefined;
  apiKey: string;
  stop(): Promise<void>;
};

/** Starts one; on a given port it takes the place of one that was stopped. @param host an address of loopback. */
export async function startTestEngine(port = 0, host = '127.0.0.1'): Promise<TestEngine> {
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (piece: string) => {
      text += piece;
    });
    request.on('end', () => {
      if (!engine.silent) void answer(engine, request, response, text);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const engine: TestEngine = {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    chats: [],
    aborted: 0,
    running: 0,
    mostRunning: 0,
    adapters: new Map(),
    loads: 0,
    fault: () => undefined,
    delayMs: 0,
    countsChoices: true,
    contextLength: 4096,
    inert: new Set(),
    refuseLoad: () => undefined,
    healthy: true,
    silent: false,
    modelsAnswer: undefined,
    apiKey: '',
    stop: () => stop(server),
  };
  return engine;
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(
  engine: TestEngine,
  request: IncomingMessage,
  response: ServerResponse,
  text: string,
): Promise<void> {
  const path = request.url ?? '';
  const isAllowed =
    engine.apiKey === '' || request.headers.authorization === `Bearer ${engine.apiKey}`;
  if (path.startsWith('/v1/') && !isAllowed) return json(response, 401, { error: 'Unauthorized' });
  switch (`${request.method} ${path}`) {
    case 'GET /health':
      response.writeHead(engine.healthy ? 200 : 503).end();
      return;
    case 'GET /version':
      return json(response, 200, { version: '0.32.0' });
    case 'GET /metrics':
      response.end(
        `# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{engine="0"} ${engine.running}.0\nvllm:num_requests_waiting{engine="0"} 0.0\n`,
      );
      return;
    case 'GET /v1/models':
      if (engine.modelsAnswer) {
        response.writeHead(engine.modelsAnswer.status).end(engine.modelsAnswer.body);
        return;
      }
      return json(response, 200, { object: 'list', data: models(engine) });
    case 'POST /tokenize':
      return json(response, 200, { count: promptTokens(JSON.parse(text) as ChatBody) });
    case 'POST /v1/load_lora_adapter':
      return load(engine, response, JSON.parse(text) as { lora_name: string; lora_path: string });
    case 'POST /v1/unload_lora_adapter': {
      const { lora_name: name } = JSON.parse(text) as { lora_name: string };
      if (engine.adapters.delete(name)) response.end(`Success: LoRA adapter '${name}' removed.`);
      else fail(response, 404, `The lora adapter '${name}' cannot be found.`);
      return;
    }
    case 'POST /v1/chat/completions':
      return chat(engine, response, JSON.parse(text) as ChatBody);
    case 'POST /v1/embeddings': {
      const { input } = JSON.parse(text) as { input: string[] };
      const data = input.map((one, index) => ({ index, embedding: [one.length, 1, 2] }));
      return json(response, 200, { data: data.toReversed() });
    }
    default:
      return json(response, 404, { detail: 'Not Found' });
  }
}

function models(engine: TestEngine): object[] {
  const base = { id: 'base', parent: null, max_model_len: engine.contextLength };
  const adapters = [...engine.adapters].map(([id, root]) => ({
    id,
    root,
    parent: 'base',
    max_model_len: null,
  }));
  return [base, ...adapters];
}

function load(
  engine: TestEngine,
  response: ServerResponse,
  { lora_name: name, lora_path: path }: { lora_name: string; lora_path: string },
): void {
  const refused = engine.refuseLoad(name);
  if (refused) fail(response, refused.status, refused.message);
  else if (engine.adapters.has(name))
    fail(response, 400, `The lora adapter '${name}' has already been loaded. If you want`);
  else {
    engine.adapters.set(name, path);
    engine.loads += 1;
    response.end(`Success: LoRA adapter '${name}' added successfully.`);
  }
}

async function chat(engine: TestEngine, response: ServerResponse, body: ChatBody): Promise<void> {
  const { n = 1, stream = false, model } = body;
  engine.chats.push(body);
  let ended = false;
  engine.running += n;
  engine.mostRunning = Math.max(engine.mostRunning, engine.running);
  response.on('close', () => {
    engine.running -= n;
    if (!ended) engine.aborted += 1;
  });
  const finish = (end: () => void) => {
    ended = true;
    end();
  };
  const fault = engine.fault(body, engine.chats.length);
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'reset') return finish(() => response.socket?.resetAndDestroy());
  if (fault?.kind === 'status')
    return finish(() => response.writeHead(fault.status).end(fault.body));
  if (engine.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, engine.delayMs));
  if (response.destroyed) return;
  if (model !== 'base' && !engine.adapters.has(model))
    return finish(() =>
      fail(response, 404, `The model \`${model}\` does not exist. Valid aliases: base.`, 'model'),
    );
  if (n > 1 && body.temperature === 0)
    return finish(() => fail(response, 400, `n must be 1 when using greedy sampling, got ${n}.`));
  const complaint = lengthComplaint(engine, body);
  if (complaint) return finish(() => fail(response, 400, complaint.message, complaint.param));
  const asked = fault?.kind === 'model' ? { ...body, model: fault.model } : body;
  if (stream) return streamed(engine, response, asked, fault, finish);
  const whole = JSON.stringify(wholeAnswer(engine, asked));
  if (fault?.kind === 'truncated')
    return finish(() => response.end(whole.slice(0, whole.length / 2)));
  finish(() => response.setHeader('content-type', 'application/json').end(whole));
}

const DEATH = {
  error: {
    message: 'EngineCore encountered an issue. See stack trace (above) for the root cause.',
    type: 'InternalServerError',
    param: null,
    code: 500,
  },
};

function streamed(
  engine: TestEngine,
  response: ServerResponse,
  body: ChatBody,
  fault: Fault | undefined,
  finish: (end: () => void) => void,
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  let sent = 0;
  for (const { chunk, token } of chunksOf(engine, body)) {
    const isDue = fault !== undefined && 'after' in fault && token && sent === fault.after;
    if (isDue && fault.kind === 'stall') return;
    if (isDue && fault.kind === 'break') {
      finish(() => setImmediate(() => response.destroy()));
      return;
    }
    if (isDue && fault.kind === 'death') {
      finish(() => response.end(`data: ${JSON.stringify(DEATH)}\n\ndata: [DONE]\n\n`));
      return;
    }
    if (isDue && fault.kind === 'garbled') response.write('data: {"cho\n\n');
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    if (token) sent += 1;
  }
  finish(() => response.end('data: [DONE]\n\n'));
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function fail(
  response: ServerResponse,
  status: number,
  message: string,
  param: string | null = null,
) {
  json(response, status, { error: { message, type: 'Error', param, code: status } });
}
