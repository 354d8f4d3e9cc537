import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

/** One sequence that the engine was asked for: when, and when its answer had left. */
export type Asked = { start: number; end: number };

export type CountingEngine = {
  url: string;
  /** Every time that a sequence was asked for and answered, by `sequenceKey`. Times are of `performance.now()`. */
  asked: ReadonlyMap<string, readonly Asked[]>;
  /** Sequences that were answered, in all. */
  sequences(): number;
  close(): Promise<void>;
};

/** Names a sequence by what it answers: a model, the last message of its prompt and its seed. */
export function sequenceKey(model: string, message: string, seed: number): string {
  return `${model} ${seed} ${createHash('sha256').update(message).digest('base64url')}`;
}

const KEEP_ALIVE_MS = 300_000;

type ChatBody = {
  model: string;
  messages: { content: string }[];
  seed?: number;
  n?: number;
};

/**
 * Stands before a real engine, delays every chat by `latencyMs` and counts each choice of each chat that was
 * answered.
 */
export async function startCountingEngine(
  target: string,
  latencyMs: number,
): Promise<CountingEngine> {
  const asked = new Map<string, Asked[]>();
  const upstream = new Pool(target, { connections: 64 });
  let sequences = 0;

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const start = performance.now();
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const chat = incoming.url === '/v1/chat/completions';
    if (chat) await new Promise((resolve) => setTimeout(resolve, latencyMs));
    const answer = await upstream.request({
      path: incoming.url ?? '/',
      method: (incoming.method ?? 'GET') as 'GET' | 'POST',
      headers: { 'content-type': 'application/json' },
      ...(body.byteLength > 0 ? { body } : {}),
    });
    const content = Buffer.from(await answer.body.arrayBuffer());
    outgoing.writeHead(answer.statusCode, {
      'content-type': String(answer.headers['content-type'] ?? 'application/json'),
    });
    outgoing.end(content);
    if (chat && answer.statusCode === 200)
      count(JSON.parse(body.toString()), { start, end: performance.now() });
  }

  function count({ model, messages, seed, n = 1 }: ChatBody, times: Asked): void {
    if (seed === undefined) return;
    sequences += n;
    for (let choice = 0; choice < n; choice += 1) {
      const key = sequenceKey(model, messages.at(-1)?.content ?? '', seed + choice);
      const before = asked.get(key);
      if (before === undefined) asked.set(key, [times]);
      else before.push(times);
    }
  }

  const server: Server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  // An idle connection that is closed just when a call comes would cost that call.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    sequences: () => sequences,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await upstream.close();
    },
  };
}
