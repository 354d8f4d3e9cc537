import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, metricValue, parseMetrics } from './answers.ts';

/** A request to an engine; a body that is a text goes out as it is, any other as JSON. */
export type Request = { method: 'GET' | 'POST'; path: string; body?: unknown };

const LONGEST = 60_000;
const POLL = 50;

/** Sends one request and reads the whole answer. @throws what the connection throws. */
export async function exchange(url: string, request: Request): Promise<Answer> {
  const response = await send(url, request, AbortSignal.timeout(LONGEST));
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const text = await response.text();
  return { status: response.status, type, body: readBody(type, text) };
}

/** What became of a stream whose client left after its first token, as the engine's own metrics say. */
export type Departure = {
  /** Sequences that still run or wait afterwards. */
  left: number;
  /** Whether fewer tokens were generated than were asked for. */
  endedEarly: boolean;
  /** By how many `request_success_total{finished_reason="abort"}` grew. */
  countedAsAborted: number;
};

/**
 * Starts a stream on an idle engine, leaves after the event behind the one with the role, and waits until the engine
 * is idle again.
 * @throws Error when it is not idle in time.
 */
export async function leaveStream(url: string, request: Request): Promise<Departure> {
  const { max_tokens: tokens } = request.body as { max_tokens: number };
  const before = await counters(url);
  const controller = new AbortController();
  const response = await send(url, request, controller.signal);
  let events = 0;
  for await (const piece of response.body ?? []) {
    events += new TextDecoder().decode(piece).split('data: ').length - 1;
    if (events > 1) break;
  }
  controller.abort();
  const until = performance.now() + LONGEST;
  for (;;) {
    const after = await counters(url);
    if (after.busy === 0 && after.generated > before.generated)
      return {
        left: after.busy,
        endedEarly: after.generated - before.generated < tokens,
        countedAsAborted: after.aborted - before.aborted,
      };
    if (performance.now() > until)
      throw new Error(`${url} is still busy with ${after.busy} sequences after ${LONGEST} ms`);
    await pause(POLL);
  }
}

async function counters(url: string) {
  const response = await send(
    url,
    { method: 'GET', path: '/metrics' },
    AbortSignal.timeout(LONGEST),
  );
  const text = await response.text();
  const value = (name: string, ...labels: string[]) => metricValue(text, `vllm:${name}`, labels);
  return {
    busy: value('num_requests_running') + value('num_requests_waiting'),
    generated: value('generation_tokens_total'),
    aborted: value('request_success_total', 'finished_reason="abort"'),
  };
}

function send(url: string, { method, path, body }: Request, signal: AbortSignal) {
  const headers = { 'content-type': 'application/json' };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const init = body === undefined ? { method, signal } : { method, signal, headers, body: text };
  return fetch(url + path, init);
}

function readBody(type: string, text: string): unknown {
  if (type === 'application/json') return JSON.parse(text) as unknown;
  if (type === 'text/event-stream') return text.split('\n\n').filter(Boolean).map(readEvent);
  return text.startsWith('# HELP ') ? parseMetrics(text) : text;
}

function readEvent(event: string): unknown {
  const data = event.replace(/^data: /, '');
  return data === '[DONE]' ? data : (JSON.parse(data) as unknown);
}
