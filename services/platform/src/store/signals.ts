import type { EventEmitter } from 'node:events';

/**
 * Waits for a signal of that name, for `milliseconds` at most, or until aborted. Never rejects: a waiter
 * looks again at what it waits for.
 */
export function waitForSignal(
  signals: EventEmitter,
  name: string,
  milliseconds: number,
  abort?: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signals.off(name, end);
      abort?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signals.on(name, end);
    abort?.addEventListener('abort', end);
    if (abort?.aborted) end();
  });
}

/** Calls `listener` for every signal of that name. Returns how to stop. */
export function onSignal(signals: EventEmitter, name: string, listener: () => void): () => void {
  signals.on(name, listener);
  return () => {
    signals.off(name, listener);
  };
}
