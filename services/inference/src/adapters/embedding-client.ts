import { mapLimited, ParleyError } from '@parley/platform';
import { connectionError, isModelMissing, malformed, refusal } from './engine-errors.ts';
import { createHttpClient, type HttpAnswer } from './http-client.ts';

/** Turns texts into vectors of length one. */
export type EmbeddingClient = {
  /**
   * The embeddings in the order of the texts.
   * @throws ParleyError NOT_CONFIGURED when no server is configured; as the server's refusal or failure.
   */
  embed(texts: readonly string[], signal: AbortSignal): Promise<number[][]>;
  close(): Promise<void>;
};

const BATCH = 64;
const AT_ONCE = 4;
const ATTEMPTS = 3;

/** A client of an OpenAI-compatible embedding server. */
export function createEmbeddingClient(options: {
  /** Base URL, or empty when there is none. */
  url: string;
  model: string;
  apiKey: string;
  timeoutMs: number;
}): EmbeddingClient {
  const { url, model, apiKey, timeoutMs } = options;
  if (url === '' || model === '') {
    const setting = url === '' ? 'PARLEY_EMBEDDING_URL' : 'PARLEY_EMBEDDING_MODEL';
    const message = `embeddings need an embedding server; set ${setting}`;
    return {
      embed: () => Promise.reject(new ParleyError('NOT_CONFIGURED', message)),
      close: () => Promise.resolve(),
    };
  }
  const client = createHttpClient(url, { connections: AT_ONCE, apiKey });

  async function attempt(texts: readonly string[], signal: AbortSignal): Promise<number[][]> {
    const body = JSON.stringify({ model, input: texts });
    const answer = await client
      .request({ method: 'POST', path: '/v1/embeddings', body, timeoutMs, signal })
      .catch((thrown: unknown) => {
        throw connectionError(url, thrown, timeoutMs);
      });
    if (answer.status !== 200) throw refused(url, answer);
    const vectors = parse(answer.body, texts.length);
    if (vectors === undefined)
      throw malformed(url, new Error(`no embeddings of ${texts.length} texts`), answer.body);
    return vectors;
  }

  async function embedBatch(texts: readonly string[], signal: AbortSignal) {
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await attempt(texts, signal);
      } catch (thrown) {
        signal.throwIfAborted();
        if (attempts === ATTEMPTS || !ParleyError.from(thrown).retryable) throw thrown;
      }
    }
  }

  return {
    async embed(texts, signal) {
      const batches = Array.from({ length: Math.ceil(texts.length / BATCH) }, (_, index) =>
        texts.slice(index * BATCH, (index + 1) * BATCH),
      );
      return (await mapLimited(batches, AT_ONCE, (batch) => embedBatch(batch, signal))).flat();
    },
    close: () => client.close(),
  };
}

/** A server that generates does not know the path; one that embeds misses at most the model. */
function refused(url: string, answer: HttpAnswer): ParleyError {
  const error = refusal(url, answer, 'PARLEY_EMBEDDING_API_KEY');
  if (answer.status !== 404 || isModelMissing(error)) return error;
  const message = `${error.message}; PARLEY_EMBEDDING_URL must be a server that embeds`;
  return new ParleyError('NOT_CONFIGURED', message, { cause: error });
}

type WireEmbeddings = { data?: { index?: number; embedding?: number[] }[] };

/** The vectors in order and of length one, if each text has one. */
function parse(body: string, count: number): number[][] | undefined {
  const vectors: (number[] | undefined)[] = Array.from({ length: count });
  try {
    const { data } = JSON.parse(body) as WireEmbeddings;
    for (const [position, { index, embedding }] of (data ?? []).entries())
      if (embedding) vectors[index ?? position] = unitLength(embedding);
  } catch {
    return undefined;
  }
  const whole = vectors.filter((vector) => vector !== undefined);
  return whole.length === count && vectors.length === count ? whole : undefined;
}

function unitLength(values: readonly number[]): number[] {
  const length = Math.hypot(...values);
  return values.map((value) => (length === 0 ? 0 : value / length));
}
