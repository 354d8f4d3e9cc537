import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSandboxEngine, runJob, SANDBOX_TRAINING } from '@parley/sandbox';
import { completionOf, textsOf } from './answers.ts';
import { exchange } from './exchange.ts';
import { type Model, type Subject, truncateAdapter } from './subject.ts';
import { chat } from './wire-case.ts';

/** A sandbox ready to be compared; `stop` ends it and deletes its adapters. */
export type SandboxSubject = Subject & { stop(): Promise<void> };

/** So slow that a client can leave in the middle of an answer. */
const TOKEN_MS = 4;

/**
 * Starts a sandbox that looks like another engine: the same name of the base model, the same longest prompt,
 * one token in each event. Its adapter is trained on an answer of its own.
 */
export async function startSandbox({ base, maxModelLength }: Model): Promise<SandboxSubject> {
  const engine = createSandboxEngine({
    servedModelName: base,
    maxModelLen: maxModelLength,
    streamInterval: 1,
    tokenMs: TOKEN_MS,
  });
  const { url } = await engine.start();
  const folder = await mkdtemp(join(tmpdir(), 'parley-wire-'));
  const [adapter, truncated] = [join(folder, 'trained', 'adapter'), join(folder, 'truncated')];
  const subject = { url, base, maxModelLength, adapter, truncated };
  await train(subject, folder);
  await truncateAdapter(adapter, truncated);
  return {
    ...subject,
    async stop() {
      await engine.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function train(engine: Subject, folder: string): Promise<void> {
  const request = chat(engine, { max_tokens: 256 });
  const { messages } = request.body as { messages: object[] };
  const [content] = textsOf(completionOf(await exchange(engine.url, request)));
  const row = `${JSON.stringify({ messages: [...messages, { role: 'assistant', content }] })}\n`;
  const path = join(folder, 'rows.jsonl');
  await writeFile(path, row);
  const sha256 = createHash('sha256').update(row).digest('hex');
  await runJob({
    job: 'wire',
    base: engine.base,
    parent: null,
    dataset: { path, uri: 'file:rows.jsonl', sha256 },
    method: SANDBOX_TRAINING,
    seed: 1,
    output: join(folder, 'trained'),
  });
}
