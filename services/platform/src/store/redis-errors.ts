import { ParleyError } from '../errors.ts';

/** The first word of an error that Redis answered, as in `MOVED 1 host:port`; '' if the error is no answer. */
export function replyCode(thrown: unknown): string {
  if (!(thrown instanceof Error) || thrown.name !== 'ReplyError') return '';
  return /^-?([A-Z]+)\b/.exec(thrown.message)?.[1] ?? 'ERR';
}

/** Answers of a server that cannot do anything now, but another or a later one can; nothing was done. */
const PASSING = new Set(['LOADING', 'CLUSTERDOWN', 'MASTERDOWN', 'TRYAGAIN', 'ASK']);

/** Whether the same request may be made again soon with hope, and without danger: it was not done. */
export function isPassing(thrown: unknown): boolean {
  return PASSING.has(replyCode(thrown));
}

const HINTS: Record<string, string> = {
  READONLY: 'it is a replica now',
  MISCONF: 'it cannot write its data to disk',
  NOREPLICAS: 'too few replicas follow it',
  BUSY: 'it is busy with a script',
  NOAUTH: 'it wants a password',
  WRONGPASS: 'it refuses the user or the password',
  NOPERM: 'the user may not do this',
  MOVED: 'it is part of a cluster, which redis+cluster:// is for',
};

/**
 * Why a request was not done, as told by Redis itself. The client's error is not its cause: it carries what was
 * sent, so it must not reach a log.
 */
export function refusal(thrown: unknown, where: string): ParleyError {
  const code = replyCode(thrown);
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  if (code === 'OOM')
    return new ParleyError(
      'OVERLOADED',
      `Redis at ${where} has reached its maxmemory and takes no more; nothing was done`,
    );
  if (code in HINTS)
    return new ParleyError(
      'UNAVAILABLE',
      `Redis at ${where} cannot do this now: ${HINTS[code]} (${said})`,
    );
  return new ParleyError('INTERNAL', `Redis at ${where}: ${said}`);
}
