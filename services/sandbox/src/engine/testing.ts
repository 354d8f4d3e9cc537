import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { writeAdapter } from '../adapter.ts';
import { baseParameters } from '../policy/parameters.ts';
import type { SandboxConfig } from './config.ts';
import { resolveConfig } from './config.ts';
import { Core } from './core.ts';
import { createServer } from './server.ts';

/** An engine for tests, with the HTTP server not listening. */
export interface TestEngine {
  readonly core: Core;
  readonly app: FastifyInstance;
  /** Sends JSON, or text as it is; the answer's body is parsed when it is JSON. */
  post(path: string, body: unknown): Promise<{ status: number; body: unknown }>;
}

/** Makes an engine for tests. */
export function makeEngine(settings: Partial<SandboxConfig> = {}): TestEngine {
  const core = new Core(resolveConfig(settings));
  const app = createServer(core);
  return {
    core,
    app,
    async post(path, body) {
      const payload = typeof body === 'string' ? body : JSON.stringify(body);
      const headers = { 'content-type': 'application/json' };
      const answer = await app.inject({ method: 'POST', url: path, headers, payload });
      return { status: answer.statusCode, body: parseAnswer(answer.payload) };
    },
  };
}

/** JSON where it is JSON, else the text. */
export function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A folder of adapters that differ from the base, by name; `remove` deletes it. */
export async function makeAdapters(
  names: readonly string[],
  base = 'base',
): Promise<{ path: (name: string) => string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-adapters-'));
  const lineage = { base, job: 'j', parentSha256: null, datasetSha256: '0', method: 'none' };
  for (const [i, name] of names.entries()) {
    const theta = baseParameters().map((value, k) => value + Math.sin(k * (i + 2)));
    await writeAdapter(join(folder, name), theta, { ...lineage, rowsTrained: 1 });
  }
  return {
    path: (name) => join(folder, name),
    remove: () => rm(folder, { recursive: true }),
  };
}
