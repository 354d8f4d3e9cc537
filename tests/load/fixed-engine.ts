import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * An engine with a fixed latency and no work of its own, so that a benchmark sees what stands in front of it.
 * Usage: fixed-engine.ts <milliseconds>; prints {"url"} when ready; ends when its standard input closes.
 */
const latency = Number(process.argv[2] ?? 50);
const ANSWER =
  'Step 1: multiply first. 4*5 = 20 and 6*7 = 42.\nStep 2: add from the left. 3+20 = 23, 23+6 = 29.\nThe final answer is \\boxed{29}.';

const GETS: Record<string, string> = {
  '/v1/models': JSON.stringify({
    object: 'list',
    data: [{ id: 'base', object: 'model', root: 'base', parent: null, max_model_len: 32768 }],
  }),
  '/version': '{"version":"0.32.0"}',
  '/metrics': [
    'vllm:num_requests_running{engine="0",model_name="base"} 0',
    'vllm:num_requests_waiting{engine="0",model_name="base"} 0\n',
  ].join('\n'),
};

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    answerGet(request, response);
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { model: string; n?: number };
    const text = JSON.stringify(completion(body.model, body.n ?? 1));
    setTimeout(() => send(response, text), latency);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', 4096, () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();

function completion(model: string, n: number): object {
  return {
    id: 'chatcmpl-0',
    object: 'chat.completion',
    created: 0,
    model,
    choices: Array.from({ length: n }, (_none, index) => ({
      index,
      message: { role: 'assistant', content: ANSWER },
      logprobs: null,
      finish_reason: 'stop',
      stop_reason: null,
      token_ids: n > 1 ? [1, 2, 3, 4, 5, 6, 7, 8] : null,
    })),
    usage: { prompt_tokens: 100, completion_tokens: 8 * n, total_tokens: 100 + 8 * n },
  };
}

function answerGet(request: IncomingMessage, response: ServerResponse): void {
  send(response, GETS[request.url ?? ''] ?? '');
}

function send(response: ServerResponse, text: string): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
