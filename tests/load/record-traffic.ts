import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Stands between Parley and an engine, and writes down what is asked of it, as the simulation of routing replays it.
 * Usage: record-traffic.ts <URL of an engine> <file>; prints {"url"}, which is to be given to Parley as its engine;
 * writes the file when its standard input closes. What was said does not get into it, only which beginnings of
 * conversations are equal, in blocks of 16 tokens. Every block that follows another for the first time has a number
 * of its own, counted from 0; -1 stands before the first. A path is told by the last block that was known before,
 * and how many new ones follow it.
 */
const [engine = '', file = ''] = process.argv.slice(2);

const BLOCK = 16;

type Message = { role: string; content: string };
type Body = { model: string; messages: Message[] };
type Answer = { choices: { message: { content: string } }[] };

const started = performance.now();
const exchanges: { atMs: number; ms: number; body: Body; answers: string[] }[] = [];
const blocks = new Map<string, number>();

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    forward(request, Buffer.concat(pieces).toString(), response).catch(() => response.destroy());
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
process.stdin.on('end', () => void write().then(() => process.exit(0))).resume();

async function forward(
  { method = 'GET', url = '' }: IncomingMessage,
  text: string,
  response: ServerResponse,
): Promise<void> {
  const atMs = performance.now() - started;
  const answer = await fetch(engine + url, {
    method,
    ...(method === 'GET' ? {} : { body: text, headers: { 'content-type': 'application/json' } }),
  });
  const whole = await answer.text();
  response.writeHead(answer.status, {
    'content-type': answer.headers.get('content-type') ?? 'text/plain',
  });
  response.end(whole);
  if (url !== '/v1/chat/completions' || !answer.ok) return;
  const answers = (JSON.parse(whole) as Answer).choices.map(({ message }) => message.content);
  const ms = performance.now() - started - atMs;
  exchanges.push({ atMs, ms, body: JSON.parse(text) as Body, answers });
}

async function write(): Promise<void> {
  const models: string[] = [];
  const calls: number[][] = [];
  exchanges.sort((one, other) => one.atMs - other.atMs);
  for (const { atMs, ms, body, answers } of exchanges) {
    const { model, messages } = body;
    if (!models.includes(model)) models.push(model);
    const prompt = await tokens(model, messages);
    const call = [atMs - (exchanges[0]?.atMs ?? 0), ms].map(Math.round);
    call.push(models.indexOf(model), keyOf(body), prompt.length, ...path(model, prompt));
    for (const content of answers) {
      const whole = await tokens(model, [...messages, { role: 'assistant', content }]);
      call.push(Math.max(1, whole.length - prompt.length), ...path(model, whole));
    }
    calls.push(call);
  }
  const rows = calls.map((call) => `    ${JSON.stringify(call)}`).join(',\n');
  const columns =
    '["atMs","ms","model","key","promptTokens","from","new","then tokens, from and new of each answer"]';
  await writeFile(
    file,
    `{\n  "models": ${JSON.stringify(models)},\n  "columns": ${columns},\n  "calls": [\n${rows}\n  ]\n}\n`,
  );
}

const keys = new Map<string, number>();

/** A number for the model and the conversation up to the first user message. */
function keyOf({ model, messages }: Body): number {
  const end = messages.findIndex(({ role }) => role === 'user') + 1;
  const text = JSON.stringify([model, messages.slice(0, end)]);
  const key = keys.get(text) ?? keys.size;
  keys.set(text, key);
  return key;
}

async function tokens(model: string, messages: Message[]): Promise<number[]> {
  const add_generation_prompt = messages.at(-1)?.role !== 'assistant';
  const answer = await fetch(`${engine}/tokenize`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages, add_generation_prompt }),
  });
  return ((await answer.json()) as { tokens: number[] }).tokens;
}

/** The last block of a conversation that was known, and how many follow it; they are known from now on. */
function path(model: string, ids: readonly number[]): [number, number] {
  let last = -1;
  let from = -1;
  let fresh = 0;
  for (let at = 0; at + BLOCK <= ids.length; at += BLOCK) {
    const key = `${model} ${last} ${ids.slice(at, at + BLOCK)}`;
    const known = blocks.get(key);
    last = known ?? blocks.size;
    if (known === undefined) fresh += 1;
    else from = last;
    blocks.set(key, last);
  }
  return [from, fresh];
}
