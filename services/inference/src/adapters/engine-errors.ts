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
  return judged(url, new EngineAnswer(status, message, param), keySetting);
}

function judged(url: string, cause: EngineAnswer, keySetting: string): ParleyError {
  const { status } = cause;
  const said = `engine ${url} answered ${status}: ${cause.message}`;
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

/**
 * An error of the connection to an engine as a ParleyError; a ParleyError as it is.
 * @param timeoutMs how long the engine was allowed to be silent.
 */
export function connectionError(url: string, thrown: unknown, timeoutMs: number): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  const code = codeOf(thrown);
  if (code === undefined) return ParleyError.from(thrown);
  const said = SAID[code]?.(timeoutMs / 1000) ?? (thrown as Error).message;
  const message = `engine ${url}: ${said} (${code})`;
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

/** What a refusal complains of, when it is that a call is too long for the model's context: of its tokens, or of so many characters that they were not even counted. */
export function contextComplaint({ cause }: ParleyError): 'tokens' | 'characters' | undefined {
  if (!(cause instanceof EngineAnswer) || cause.status !== 400) return undefined;
  if (cause.param === 'input_text') return 'characters';
  return cause.param === 'input_tokens' || cause.param === 'max_tokens' ? 'tokens' : undefined;
}

/** Whether an error is the caller's or the deployment's, so that it says nothing of how the engine does. */
export function isCallersFault({ reason }: ParleyError): boolean {
  return reason === 'ENGINE_REFUSED' || reason === 'LIMIT_EXCEEDED';
}

/**
 * An answer of status 200 that cannot be taken.
 * @param fault what was thrown when it was read: an EngineAnswer if the engine says an error in it, as vLLM does
 * in a stream when it dies; else it is not what vLLM answers.
 */
export function malformed(url: string, fault: unknown, body: string): ParleyError {
  if (fault instanceof EngineAnswer) return judged(url, fault, '');
  const what = fault instanceof SyntaxError ? notJson(body) : (fault as Error).message;
  const message = `engine ${url} does not answer as vLLM does: ${what}; it sent ${excerpt(body)}`;
  return new ParleyError('ENGINE_FAILED', message, { cause: fault });
}

function notJson(body: string): string {
  if (/^\s*data:/.test(body)) return 'a damaged event';
  return /^\s*[{[]/.test(body) ? 'damaged JSON' : 'no JSON';
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

const BROKEN = () => 'the connection broke before the answer was whole';

/** In place of what the runtime says, given the seconds that the engine was allowed to be silent. */
const SAID: Record<string, (seconds: number) => string> = {
  ECONNREFUSED: () => 'nothing listens there',
  ENOTFOUND: () => 'there is no such host',
  ECONNRESET: BROKEN,
  EPIPE: BROKEN,
  UND_ERR_SOCKET: BROKEN,
  UND_ERR_HEADERS_TIMEOUT: (seconds) => `no answer within ${seconds} s`,
  UND_ERR_BODY_TIMEOUT: (seconds) => `the answer stopped for ${seconds} s`,
};

function codeOf(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** vLLM says `{"error":{"message","param"}}`, `{"error":"…"}` or `{"detail":"…"}`; what stands before it, HTML. */
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
  if (text === '') return 'nothing';
  if (/^\s*<(?:!doctype|html)/i.test(text)) {
    const title = /<title>\s*([^<]{1,200})/i.exec(text)?.[1]?.trim();
    return title === undefined ? 'an HTML page' : `an HTML page, '${title}'`;
  }
  return text.length > LONGEST_EXCERPT ? `${text.slice(0, LONGEST_EXCERPT)}…` : text;
}
