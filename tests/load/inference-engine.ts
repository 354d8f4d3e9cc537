import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * An engine without a model: it streams as many tokens as `max_tokens` asks for, each in a write of its own, and
 * batches continuously: so many sequences at once, the others wait in the order in which they came.
 * Usage: inference-engine.ts <milliseconds a token; 0: one each turn of the event loop> <slots>; prints {"url"}
 * when ready; ends when its standard input closes. `GET /occupancy` answers an Occupancy since it was asked last.
 */
const [tokenMs = 0, slots = 1024] = process.argv.slice(2).map(Number);

/** How full the batch was: shares of the time with every slot taken, and of the slots' time. */
export type Occupancy = { full: number; mean: number };

type Body = { model: string; max_tokens: number; stream?: boolean };
/** `since`: when it came into the batch. */
type Sequence = { body: Body; response: ServerResponse; since: number; sent: number };

const TOKEN = ' 29';
const PROMPT_TOKENS = 100;
const waiting = new Set<Sequence>();
const running = new Set<Sequence>();
let asked = performance.now();
let changed = asked;
let fullMs = 0;
let slotMs = 0;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    send(response, page(request.url ?? ''));
    return;
  }
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(pieces).toString()) as Body;
    const sequence = { body, response, since: 0, sent: 0 };
    response.on('close', () => leave(sequence));
    waiting.add(sequence);
    admit();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', 4096, () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();

function admit(): void {
  for (const sequence of waiting) {
    if (running.size >= slots) return;
    account();
    waiting.delete(sequence);
    running.add(sequence);
    sequence.since = changed;
    next(sequence);
  }
}

function leave(sequence: Sequence): void {
  account();
  waiting.delete(sequence);
  running.delete(sequence);
  admit();
}

/** Gives the next token when it is due; one that came late does not make the others late. */
function next(sequence: Sequence): void {
  const due = sequence.since + (sequence.sent + 1) * tokenMs;
  if (tokenMs > 0) setTimeout(step, Math.max(1, due - performance.now()), sequence);
  else setImmediate(step, sequence);
}

function step(sequence: Sequence): void {
  if (!running.has(sequence)) return;
  const { body, response } = sequence;
  sequence.sent += 1;
  const isLast = sequence.sent >= body.max_tokens;
  if (body.stream === true) {
    if (sequence.sent === 1) begin(response, body.model);
    response.write(event(body.model, { content: TOKEN }, isLast ? 'stop' : null));
  }
  if (isLast) end(sequence);
  else next(sequence);
}

function begin(response: ServerResponse, model: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.write(event(model, { role: 'assistant', content: '' }, null));
}

function end({ body, response, sent }: Sequence): void {
  const usage = {
    prompt_tokens: PROMPT_TOKENS,
    total_tokens: PROMPT_TOKENS + sent,
    completion_tokens: sent,
  };
  const common = { id: 'chatcmpl-0', created: 0, model: body.model };
  if (body.stream === true) {
    const chunk = { ...common, object: 'chat.completion.chunk', choices: [], usage };
    response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
    return;
  }
  const message = { role: 'assistant', content: TOKEN.repeat(sent) };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop', stop_reason: null }];
  send(response, JSON.stringify({ ...common, object: 'chat.completion', choices, usage }));
}

function event(model: string, delta: object, finish: string | null): string {
  const choice = { index: 0, delta, logprobs: null, finish_reason: finish, token_ids: null };
  const chunk = { id: 'chatcmpl-0', object: 'chat.completion.chunk', created: 0, model };
  return `data: ${JSON.stringify({ ...chunk, choices: [choice] })}\n\n`;
}

function page(path: string): string {
  switch (path) {
    case '/v1/models': {
      const base = { id: 'base', object: 'model', root: 'base', parent: null };
      return JSON.stringify({ object: 'list', data: [{ ...base, max_model_len: 32768 }] });
    }
    case '/version':
      return '{"version":"0.32.0"}';
    case '/metrics':
      return [
        '# TYPE vllm:num_requests_running gauge',
        `vllm:num_requests_running{engine="0",model_name="base"} ${running.size}.0`,
        `vllm:num_requests_waiting{engine="0",model_name="base"} ${waiting.size}.0`,
        'vllm:kv_cache_usage_perc{engine="0",model_name="base"} 0.0\n',
      ].join('\n');
    case '/occupancy':
      return JSON.stringify(occupancy());
    default:
      return '';
  }
}

/** Adds what has passed since the batch changed last. */
function account(): void {
  const now = performance.now();
  slotMs += (now - changed) * running.size;
  if (running.size === slots) fullMs += now - changed;
  changed = now;
}

function occupancy(): Occupancy {
  account();
  const elapsed = changed - asked;
  const answer = { full: fullMs / elapsed, mean: slotMs / (elapsed * slots) };
  asked = changed;
  fullMs = 0;
  slotMs = 0;
  return answer;
}

function send(response: ServerResponse, text: string): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
