import { randomUUID } from 'node:crypto';
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { ParleyError } from '../errors.ts';
import type { Operation } from '../store/port.ts';
import { type TraceId, traceparentOf } from '../trace.ts';
import type { DeliveredEvent, Events, Subscription } from './port.ts';

/** The largest payload of an event, in bytes; what is larger is an artifact that the event names. */
export const MAX_EVENT_BYTES = 256 * 1024;

/**
 * The step of a commit that publishes `message` once the commit stands.
 * @param options.key events of one key are delivered in order.
 * @param options.source the publishing service.
 * @param options.trace what the event belongs to.
 * @param options.id what consumers are idempotent by; a random UUID by default.
 * @throws ParleyError LIMIT_EXCEEDED when the message is larger than an event may be.
 */
export function emit<D extends DescMessage>(
  schema: D,
  message: MessageInitShape<D>,
  options: { topic: string; key: string; source: string; id?: string; trace?: TraceId },
): Operation & { op: 'emit' } {
  const data = toBinary(schema, create(schema, message));
  if (data.byteLength > MAX_EVENT_BYTES)
    throw new ParleyError(
      'LIMIT_EXCEEDED',
      `an event of ${data.byteLength} bytes for ${options.topic}; at most ${MAX_EVENT_BYTES} are allowed`,
    );
  const { trace, id = randomUUID(), ...addressed } = options;
  const event = {
    ...addressed,
    ...(trace === undefined ? {} : { traceparent: traceparentOf(trace) }),
    id,
    type: schema.typeName,
    time: new Date().toISOString(),
    data,
  };
  return { op: 'emit', event };
}

/**
 * Subscribes with the payload decoded. An event whose payload is not a `schema` goes to the dead-letter
 * topic at once: no repetition makes it readable.
 */
export function handleEvents<D extends DescMessage>(
  events: Events,
  schema: D,
  options: {
    topic: string;
    group?: string;
    attempts?: number;
    handle: (message: MessageShape<D>, event: DeliveredEvent) => Promise<void>;
  },
): Promise<Subscription> {
  return events.subscribe({
    ...options,
    handle: async (event) => options.handle(decode(schema, event), event),
  });
}

function decode<D extends DescMessage>(schema: D, event: DeliveredEvent): MessageShape<D> {
  try {
    if (event.type === schema.typeName) return fromBinary(schema, event.data);
  } catch (cause) {
    throw new ParleyError('DATA_CORRUPT', `event ${event.id} is no readable ${schema.typeName}`, {
      cause,
    });
  }
  throw new ParleyError(
    'DATA_CORRUPT',
    `event ${event.id} is a ${event.type}, not a ${schema.typeName}`,
  );
}
