import { type ArtifactRef, isReason, ParleyError, type ProblemDocument } from '@parley/platform';
import { Agent, request } from 'undici';

/** Asks the fetchers that stand beside engines. */
export type AdapterFetcherClient = {
  /**
   * Has the fetcher beside an engine fetch an adapter.
   * @returns the adapter's folder as that engine sees it.
   * @throws ParleyError UNAVAILABLE when the fetcher cannot be reached or does not end in time; else what it answered.
   */
  fetch(engineUrl: string, ref: ArtifactRef): Promise<string>;
  /** Breaks off what is asked. */
  close(): Promise<void>;
};

/** Milliseconds that are waited for one adapter; the fetcher goes on, and is asked again. */
const WAIT_MS = 60_000;
const CONNECT_MS = 3_000;
/** Requests to one fetcher at once. */
const CONNECTIONS = 4;
const LONGEST_EXCERPT = 200;

/** Fetchers listen on the engines' hosts, all on one port. */
export function createAdapterFetcherClient(port: number): AdapterFetcherClient {
  const closing = new AbortController();
  const agent = new Agent({ connections: CONNECTIONS, connect: { timeout: CONNECT_MS } });

  async function ask(fetcher: string, { uri, sha256 }: ArtifactRef) {
    const { statusCode, body } = await request(`${fetcher}/adapters/${sha256}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri }),
      dispatcher: agent,
      headersTimeout: 0,
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(WAIT_MS)]),
    });
    return { status: statusCode, text: await body.text() };
  }

  return {
    async fetch(engineUrl, ref) {
      const fetcher = `http://${new URL(engineUrl).hostname}:${port}`;
      let answer: { status: number; text: string };
      try {
        answer = await ask(fetcher, ref);
      } catch (thrown) {
        throw unreachable(fetcher, ref, thrown);
      }
      const { path, reason, detail } = parse(answer.text);
      if (answer.status === 200 && typeof path === 'string') return path;
      const said = detail ?? answer.text.slice(0, LONGEST_EXCERPT);
      throw new ParleyError(
        reason !== undefined && isReason(reason) ? reason : 'UNAVAILABLE',
        `the fetcher ${fetcher} answered ${answer.status} for ${ref.uri}: ${said}`,
      );
    },

    async close() {
      closing.abort(new ParleyError('UNAVAILABLE', 'the service is shutting down'));
      await agent.destroy();
    },
  };
}

function parse(text: string): Partial<ProblemDocument & { path: string }> {
  try {
    return JSON.parse(text) as Partial<ProblemDocument & { path: string }>;
  } catch {
    return {};
  }
}

function unreachable(fetcher: string, { uri }: ArtifactRef, thrown: unknown): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  const { name, message } = thrown as Error;
  const why =
    name === 'TimeoutError' ? `has not fetched ${uri} within ${WAIT_MS / 1000} seconds` : message;
  return new ParleyError(
    'UNAVAILABLE',
    `the fetcher ${fetcher} cannot be used: ${why}; it must run beside the engine and listen on PARLEY_ADAPTER_FETCHER_PORT`,
    { cause: thrown },
  );
}
