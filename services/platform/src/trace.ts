import { randomBytes } from 'node:crypto';

/** A trace id: 32 hexadecimal digits that tie together what one request caused, over services and events. */
export type TraceId = string;

export function newTraceId(): TraceId {
  return randomBytes(16).toString('hex');
}

/** The trace id of a W3C `traceparent`; undefined when there is none, or none that is well-formed. */
export function traceIdOf(traceparent: unknown): TraceId | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const id = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent)?.[1];
  return id === '0'.repeat(32) ? undefined : id;
}

/** A W3C `traceparent` by which the trace goes on in another process. */
export function traceparentOf(trace: TraceId): string {
  return `00-${trace}-${randomBytes(8).toString('hex')}-01`;
}
