import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** A cycle as REST lists it; the part that the demo reads. `done` of `total` debates or jobs of the phase. */
export type CycleView = {
  spec: { name: string };
  status: 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';
  reason: string;
  detail: string;
  iteration: number;
  phase: string;
  done: number;
  total: number;
};

/** The REST client of the demo: JSON in, JSON out, problems as errors. */
export type RestClient = {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  /** Writes what a path answers into a file. */
  download(path: string, file: string): Promise<void>;
};

/**
 * A client for the REST of Parley's services. Every call but a download ends after 30 seconds at the latest.
 * @param address the base URL that answers a path.
 */
export function createRestClient(address: (path: string) => string): RestClient {
  async function call<T>(path: string, init: RequestInit): Promise<T> {
    const response = await fetch(`${address(path)}${path}`, {
      ...init,
      signal: AbortSignal.timeout(30_000),
    });
    const body = (await response.json()) as T & { detail?: string };
    if (!response.ok)
      throw new Error(`${init.method} ${path}: ${response.status} ${body.detail ?? ''}`);
    return body;
  }
  return {
    get: (path) => call(path, { method: 'GET' }),
    post: (path, body) =>
      call(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    async download(path, file) {
      const response = await fetch(`${address(path)}${path}`);
      if (!response.ok || !response.body) throw new Error(`GET ${path}: ${response.status}`);
      await pipeline(response.body, createWriteStream(file));
    },
  };
}
