import pino from 'pino';

export type Log = pino.Logger;

/** `file` is appended to; without it the log goes to standard output. */
export type LogConfig = { level: string; service: string; file?: string };

/** A JSON logger. Error objects go under `err`; a request's trace id under `trace`. */
export function createLog(config: LogConfig): Log {
  const options = { level: config.level, base: { service: config.service } };
  return config.file === undefined ? pino(options) : pino(options, pino.destination(config.file));
}

/** The trace id of a W3C `traceparent`, or undefined when there is none or it is malformed. */
export function traceId(traceparent: string | undefined): string | undefined {
  return traceparent === undefined
    ? undefined
    : /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent)?.[1];
}
