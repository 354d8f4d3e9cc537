/** What an error means to a caller: its HTTP status, its gRPC status and whether a repetition can help. */
type Meaning = { http: number; grpc: number; retryable: boolean };

/**
 * Every reason with which Parley refuses or fails, and the only place where it is mapped to HTTP and
 * gRPC. The reason is the `reason` of google.rpc.ErrorInfo and of the problem document.
 */
export const REASONS = {
  INVALID_ARGUMENT: { http: 400, grpc: 3, retryable: false },
  LIMIT_EXCEEDED: { http: 413, grpc: 3, retryable: false },
  UNSUPPORTED_MEDIA_TYPE: { http: 415, grpc: 3, retryable: false },
  NOT_FOUND: { http: 404, grpc: 5, retryable: false },
  ALREADY_EXISTS: { http: 409, grpc: 6, retryable: false },
  CONFLICT: { http: 409, grpc: 10, retryable: true },
  FAILED_PRECONDITION: { http: 409, grpc: 9, retryable: false },
  LEASE_LOST: { http: 409, grpc: 10, retryable: false },
  CANCELLED: { http: 499, grpc: 1, retryable: false },
  DEADLINE_EXCEEDED: { http: 504, grpc: 4, retryable: true },
  OVERLOADED: { http: 429, grpc: 8, retryable: true },
  UNAVAILABLE: { http: 503, grpc: 14, retryable: true },
  ENGINE_UNAVAILABLE: { http: 503, grpc: 14, retryable: true },
  ENGINE_REFUSED: { http: 502, grpc: 9, retryable: false },
  ENGINE_FAILED: { http: 502, grpc: 14, retryable: true },
  NOT_CONFIGURED: { http: 501, grpc: 12, retryable: false },
  DATA_CORRUPT: { http: 500, grpc: 15, retryable: false },
  TRAINING_FAILED: { http: 500, grpc: 13, retryable: false },
  INTERNAL: { http: 500, grpc: 13, retryable: false },
} as const satisfies Record<string, Meaning>;

export type Reason = keyof typeof REASONS;

export type ErrorOptions = {
  /** The field or parameter that was wrong, as a JSON path or name. */
  field?: string;
  /** Seconds after which a repetition may succeed. */
  retryAfter?: number;
  retryable?: boolean;
  cause?: unknown;
};

/** The one error class of Parley. The message says what was wrong, where, and what would be right. */
export class ParleyError extends Error {
  readonly reason: Reason;
  readonly retryable: boolean;
  readonly field: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(reason: Reason, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ParleyError';
    this.reason = reason;
    this.retryable = options.retryable ?? REASONS[reason].retryable;
    this.field = options.field;
    this.retryAfter = options.retryAfter;
  }

  /** Whatever was thrown, as a ParleyError: aborts become CANCELLED, time-outs DEADLINE_EXCEEDED, the rest INTERNAL. */
  static from(thrown: unknown): ParleyError {
    if (thrown instanceof ParleyError) return thrown;
    if (thrown instanceof Error) {
      if (thrown.name === 'AbortError')
        return new ParleyError('CANCELLED', thrown.message, { cause: thrown });
      if (thrown.name === 'TimeoutError')
        return new ParleyError('DEADLINE_EXCEEDED', thrown.message, { cause: thrown });
      return new ParleyError('INTERNAL', thrown.message, { cause: thrown });
    }
    return new ParleyError('INTERNAL', String(thrown));
  }
}

/** Whether a text is one of Parley's reasons; used where a reason comes over the wire. */
export function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}

/** Shorthand for the commonest refusal: which field, and what would be right. */
export function invalid(field: string, message: string): ParleyError {
  return new ParleyError('INVALID_ARGUMENT', `${field}: ${message}`, { field });
}
