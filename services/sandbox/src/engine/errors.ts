/** An answer that is no success, in the shape that vLLM gives it. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;

  constructor(status: number, type: string, message: string, param: string | null = null) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.type = type;
    this.param = param;
  }

  /** The body as it goes over the wire. */
  body(): { error: { message: string; type: string; param: string | null; code: number } } {
    const { message, type, param, status } = this;
    return { error: { message, type, param, code: status } };
  }
}

/** A value that is well formed but not allowed; `value` is given when the message quotes it. */
export function badRequest(message: string, param: string | null = null, value?: string): ApiError {
  const quoted = value === undefined ? '' : ` (parameter=${param}, value=${value})`;
  return new ApiError(400, 'BadRequestError', message + quoted, param);
}

/** A body that does not have the right form at `loc`. */
export function invalid(type: string, loc: string, msg: string, rest: string): ApiError {
  const detail = `{'type': '${type}', 'loc': '${loc}', 'msg': '${msg}', ${rest}}`;
  return new ApiError(400, 'Bad Request', `1 validation error:\n  ${detail}`, loc);
}

/** A field that must be there. */
export function missing(field: string, body: object): ApiError {
  const input = `'input': '<dict of ${Object.keys(body).length} items>'`;
  return invalid('missing', `body.${field}`, 'Field required', input);
}

/** No such model is served. */
export function unknownModel(model: string, base: string): ApiError {
  const message = `The model \`${model}\` does not exist. Valid aliases: ${base}.`;
  return new ApiError(404, 'NotFoundError', message, 'model');
}

/** The queue is full. */
export function busy(): ApiError {
  const message =
    'The engine is currently busy and cannot accept new requests. Please try again later or on a different instance.';
  return new ApiError(503, 'Service Unavailable', message);
}

/** A number as Python writes a float. */
export function pythonFloat(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** A message without the paths that vLLM does not tell: of files, and below the usual folders of a system. */
export function withoutPaths(message: string): string {
  const below = /\/(?:home|usr|opt|var|tmp|root|lib|mnt|srv)(?:\/[\w.-]+)+/g;
  const files = /(?:\/[\w-]+)+\/[\w-]+\.\w+/g;
  return message.replace(below, '<path>').replace(files, '<path>');
}
