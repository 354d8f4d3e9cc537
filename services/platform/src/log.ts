import pino from 'pino';

export type Log = pino.Logger;

/** `file` is appended to; without it the log goes to standard output. */
export type LogConfig = { level: string; service: string; file?: string };

/** A JSON logger. Error objects go under `err`; the trace id of what is logged under `trace`. */
export function createLog(config: LogConfig): Log {
  const options = { level: config.level, base: { service: config.service } };
  return config.file === undefined ? pino(options) : pino(options, pino.destination(config.file));
}
