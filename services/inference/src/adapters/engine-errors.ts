import { ParleyError } from '@parley/platform';
import type { HttpAnswer } from './http-client.ts';

/** What an engine answered when it did not do what it was asked; the cause of the ParleyError. */
export class EngineAnswer extends Error {
  readonly status: number;
  /** The parameter that the engine complains of, or empty. */
  readonly param: string;

  constructor(status: number, message: string, param: string) {
    super(message);
    this.name = 'EngineAnswer';
    this.status = status;
    this.param = param;
  }
}

const LONGEST_EXCERPT = 500;

/**
 * An answer other than 200 as an error: who is at fault, what the engine said, whether a repetition can help.
 * @param keySetting the setting that holds its key.
 */
export function refusal(
  url: string,
  { status, body }: HttpAnswer,
  keySetting = 'PARLEY_ENGINE_API_KEY',
): ParleyError {
  const { message, param } = explanation(body);
  const cause = new EngineAnswer(status, message, param);
  const said = `engine ${url} answered ${status}: ${message}`;
  switch (status) {
    case 401:
    case 403:
      return new ParleyError('NOT_CONFIGURED', `${said}; ${keySetting} must be its key`, {
        cause,
      });
    case 429:
    case 503:
      return new ParleyError('ENGINE_UNAVAILABLE', said, { cause });
    default:
      return new ParleyError(status < 500 ? 'ENGINE_REFUSED' : 'ENGINE_FAILED', said, { cause });
  }
}

/** An error of the connection to an engine as a ParleyError; a ParleyError as it is. */
export function connectionError(url: string, thrown: unknown): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  const code = codeOf(thrown);
  if (code === undefined) return ParleyError.from(thrown);
  const message = `engine ${url}: ${SAID[code] ?? (thrown as Error).message} (${code})`;
  return new ParleyError(UNREACHABLE.has(code) ? 'ENGINE_UNAVAILABLE' : 'ENGINE_FAILED', message, {
    cause: thrown,
  });
}

/** Whether the engine could not be reached or dropped the connection: it is down until it shows otherwise. */
export function isConnectionLost(error: ParleyError): boolean {
  const code = codeOf(error.cause);
  return code !== undefined && (UNREACHABLE.has(code) || LOST.has(code));
}

/** Whether the engine does not have the model that was asked for. */
export function isModelMissing({ cause }: ParleyError): boolean {
  return cause instanceof EngineAnswer && cause.status === 404 && cause.param === 'model';
}

/** An answer that is not what vLLM answers. */
export function malformed(url: string, what: string, body: string): ParleyError {
  return new ParleyError('ENGINE_FAILED', `engine ${url} answered ${what}: ${excerpt(body)}`);
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const LOST = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

const SAID: Record<string, string> = {
  UND_ERR_HEADERS_TIMEOUT: 'no answer within the time allowed',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped for longer than allowed',
};

function codeOf(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** vLLM says `{"error":{"message","param"}}`, `{"error":"…"}` or `{"detail":"…"}`; what is between says HTML. */
function explanation(body: string): { message: string; param: string } {
  try {
    const { error, detail } = JSON.parse(body) as {
      error?: string | { message?: unknown; param?: unknown };
      detail?: unknown;
    };
    if (typeof error === 'string') return { message: error, param: '' };
    if (typeof error?.message === 'string')
      return { message: excerpt(error.message), param: String(error.param ?? '') };
    if (typeof detail === 'string') return { message: detail, param: '' };
  } catch {
    // No JSON: shown as it is.
  }
  return { message: excerpt(body), param: '' };
}

function excerpt(text: string): string {
  return text.length > LONGEST_EXCERPT ? `${text.slice(0, LONGEST_EXCERPT)}…` : text;
}
