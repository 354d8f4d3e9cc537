import pino from 'pino';

export type Log = pino.Logger;

export type LogConfig = { level: string; service: string };

/** A JSON logger on standard output. Error objects go under `err`; a request's trace id under `trace`. */
export function createLog(config: LogConfig): Log {
  return pino({ level: config.level, base: { service: config.service } });
}

/** The trace id of a W3C `traceparent`, or undefined when there is none or it is malformed. */
export function traceId(traceparent: string | undefined): string | undefined {
  return traceparent === undefined
    ? undefined
    : /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent)?.[1];
}
