import { createGrpcClient } from '@parley/platform';
import { InferenceService } from '@parley/proto/inference';
import { Pool } from 'undici';
import { cpuSecondsOf } from './inference-process.ts';
import { type LoadResult, measured, quantile } from './pool.ts';

/** A closed loop of streamed calls, so many `atOnce`; each asks for 4 to 12 tokens, so that they do not fall into step. */
export type StreamLoad = {
  /** Base URL of an engine, which is then called without a service. */
  engine?: string;
  /** Addresses of an inference process: gRPC, and admin, whose CPU is measured. */
  inference?: { grpc: string; admin: string };
  /** What the engine takes for a token, in milliseconds. */
  tokenMs: number;
  calls: number;
  atOnce: number;
};

/**
 * What it did: latencies beyond what the engine took, of whole calls and of first tokens; CPU of the inference
 * process, or of the client where there is none.
 */
export type StreamResult = LoadResult & { firstMedianMs: number };

/** Makes one call, tells when its first piece of text came, returns the whole text. */
type Ask = (call: { index: number; tokens: number; onFirst: () => void }) => Promise<string>;

/** Usage: inference-load.ts <StreamLoad as JSON>; prints a StreamResult. */
const load = JSON.parse(process.argv[2] ?? '{}') as StreamLoad;
const { engine, inference, tokenMs, calls, atOnce } = load;

function askEngine(url: string): Ask {
  const pool = new Pool(url, { connections: atOnce, pipelining: 1 });
  return async ({ index, tokens, onFirst }) => {
    const { body } = await pool.request({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'base',
        messages: [{ role: 'user', content: question(index) }],
        temperature: 1,
        top_p: 0.9,
        max_tokens: tokens,
        seed: index,
        stream: true,
        stream_options: { include_usage: true },
      }),
    });
    body.setEncoding('utf8');
    let rest = '';
    let text = '';
    for await (const piece of body as AsyncIterable<string>) {
      const events = (rest + piece).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) {
        if (event === 'data: [DONE]') continue;
        const chunk = JSON.parse(event.slice(6)) as { choices: { delta: { content: string } }[] };
        const content = chunk.choices[0]?.delta.content ?? '';
        if (text === '' && content !== '') onFirst();
        text += content;
      }
    }
    return text;
  };
}

function askInference(address: string): Ask {
  const client = createGrpcClient(InferenceService, { address, defaultDeadlineMs: 60_000 });
  return async ({ index, tokens, onFirst }) => {
    let text = '';
    const answers = client.generate({
      society: 'bench',
      calls: [
        {
          id: 'call',
          seat: 'base',
          messages: [{ role: 'user', content: question(index) }],
          sampling: { temperature: 1, topP: 0.9, maxTokens: tokens },
          seed: BigInt(index),
          deltas: true,
        },
      ],
    });
    for await (const { result } of answers) {
      if (result.case === 'delta') {
        if (text === '') onFirst();
        text += result.value.text;
      } else if (result.case === 'failure') throw new Error(result.value.message);
    }
    return text;
  };
}

function question(index: number): string {
  return `What is the result of 3+4*5+6-7*${index}?`;
}

const ask = engine === undefined ? askInference(inference?.grpc ?? '') : askEngine(engine);
const late: number[] = [];
const firstLate: number[] = [];

async function call(index: number): Promise<void> {
  const tokens = 4 + ((7 * index) % 9);
  const start = performance.now();
  const onFirst = () => firstLate.push(performance.now() - start - tokenMs);
  const text = await ask({ index, tokens, onFirst });
  late.push(performance.now() - start - tokens * tokenMs);
  if (text !== ' 29'.repeat(tokens)) throw new Error(`call ${index} was answered '${text}'`);
}

const result = await measured(calls, atOnce, call, async () => {
  if (inference !== undefined) return cpuSecondsOf(inference.admin);
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
});
const answer: StreamResult = {
  ...result,
  medianMs: quantile(late.slice(-calls), 0.5),
  p99Ms: quantile(late.slice(-calls), 0.99),
  firstMedianMs: quantile(firstLate.slice(-calls), 0.5),
};
process.stdout.write(`${JSON.stringify(answer)}\n`);
process.exit(0);
