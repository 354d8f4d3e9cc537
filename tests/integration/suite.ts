import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '@parley/platform';
import { createSuite, type EngineProcess, startEngine } from '@parley/suite';

/** A running suite with its own folder, and a REST call that gives status, headers and JSON. */
export type RunningSuite = {
  http: string;
  grpc: string;
  data: string;
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every route
  ): Promise<{ status: number; headers: Headers; body: any }>;
  stop(): Promise<void>;
};

/** Starts all five services on free ports. */
export async function startSuite(environment: Environment): Promise<RunningSuite> {
  const data = mkdtempSync(join(tmpdir(), 'parley-suite-'));
  const suite = await createSuite({
    PARLEY_LOG_LEVEL: 'silent',
    PARLEY_HTTP_PORT: '0',
    PARLEY_GRPC_PORT: '0',
    PARLEY_ADMIN_PORT: '0',
    PARLEY_DATA: data,
    ...environment,
  });
  const { http, grpc } = await suite.start();
  return {
    http,
    grpc,
    data,
    async call(method, path, body, headers = {}) {
      const response = await fetch(`${http}${path}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const json = response.headers.get('content-type')?.includes('json');
      return {
        status: response.status,
        headers: response.headers,
        body: json ? JSON.parse(text) : text,
      };
    },
    async stop() {
      await suite.destroy();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

export { type EngineProcess, startEngine };
