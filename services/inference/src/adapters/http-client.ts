import { StringDecoder } from 'node:string_decoder';
import { ParleyError } from '@parley/platform';
import { type Dispatcher, Pool } from 'undici';

/** A request to a server, its path below the client's base URL. */
export type HttpRequest = {
  method: 'GET' | 'POST';
  path: string;
  /** JSON text. */
  body?: string;
  /** How long the server may be silent: before its headers, and between pieces of the body. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** Called with the text of a 200 answer as it comes; the answer's body is then empty. */
  onText?: ((text: string) => void) | undefined;
};

export type HttpAnswer = { status: number; body: string };

export type HttpClient = {
  /** @throws what the connection throws; the signal's reason when aborted. */
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** Has what runs fail with the error; later requests have new connections. */
  cut(error: Error): void;
  /** Cuts what runs. */
  close(): Promise<void>;
};

const CONNECT_TIMEOUT = 3_000;
/** vLLM closes a connection on which nothing happens for 5 seconds; reusing it then would fail. */
const KEEP_ALIVE = 4_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Connections to the server at a base URL, each reused for one request after another.
 * @param options.connections how many at most.
 * @param options.apiKey sent as a bearer token unless empty.
 */
export function createHttpClient(
  baseUrl: string,
  options: { connections: number; apiKey: string },
): HttpClient {
  const { origin, pathname } = new URL(baseUrl);
  const prefix = pathname === '/' ? '' : pathname;
  const connect = () =>
    new Pool(origin, {
      connections: options.connections,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE,
      keepAliveMaxTimeout: KEEP_ALIVE,
      connect: { timeout: CONNECT_TIMEOUT },
    });
  let pool = connect();
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (options.apiKey !== '') headers.authorization = `Bearer ${options.apiKey}`;
  return {
    request(request) {
      return new Promise((resolve, reject) => {
        const { method, path, body = null, timeoutMs, signal } = request;
        if (signal?.aborted) return reject(signal.reason);
        const exchange = new Exchange(request, resolve, reject);
        pool.dispatch(
          {
            method,
            path: prefix + path,
            headers,
            body,
            headersTimeout: timeoutMs,
            bodyTimeout: timeoutMs,
          },
          exchange,
        );
      });
    },
    cut(error) {
      void pool.destroy(error);
      pool = connect();
    },
    close: () => pool.destroy(new ParleyError('UNAVAILABLE', 'the service is shutting down')),
  };
}

/** One request's answer as undici hands it out. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest;
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #pieces: Buffer[] = [];
  readonly #abort = () => this.#cancel();
  #controller: Dispatcher.DispatchController | undefined;
  #decoder: StringDecoder | undefined;
  #status = 0;
  #bytes = 0;

  constructor(
    request: HttpRequest,
    resolve: (answer: HttpAnswer) => void,
    reject: (error: unknown) => void,
  ) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    request.signal?.addEventListener('abort', this.#abort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#request.signal?.aborted) this.#cancel();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
    if (status === 200 && this.#request.onText !== undefined)
      this.#decoder = new StringDecoder('utf8');
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    this.#bytes += piece.byteLength;
    if (this.#bytes > MAX_ANSWER_BYTES) {
      controller.abort(
        new ParleyError('ENGINE_FAILED', `the answer is larger than ${MAX_ANSWER_BYTES} bytes`),
      );
      return;
    }
    if (this.#decoder === undefined) {
      this.#pieces.push(piece);
      return;
    }
    try {
      this.#request.onText?.(this.#decoder.write(piece));
    } catch (thrown) {
      controller.abort(thrown as Error);
    }
  }

  onResponseEnd(): void {
    this.#settle();
    const { length } = this.#pieces;
    const body = length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
    this.#resolve({ status: this.#status, body: body?.toString() ?? '' });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settle();
    this.#reject(this.#request.signal?.aborted ? this.#request.signal.reason : error);
  }

  #cancel(): void {
    this.#reject(this.#request.signal?.reason);
    this.#controller?.abort(ParleyError.from(this.#request.signal?.reason));
  }

  #settle(): void {
    this.#request.signal?.removeEventListener('abort', this.#abort);
  }
}
