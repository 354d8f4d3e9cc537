import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import { ParleyError } from '../errors.ts';
import type { DeliveredEvent, EventRecord } from './port.ts';

/** Where a message was found. */
export type MessagePlace = { topic: string; partition: number; offset: string };

/** Why a message became a dead letter. */
export type Burial = { failure: ParleyError; attempts: number; group: string | undefined };

const LONGEST_ERROR = 4_096;

/** The header by which a replayed dead letter is known; its value is the time of the replay, RFC 3339. */
const REPLAYED = 'parley_replayed';

/** An event as a Kafka message: CloudEvents 1.0, Kafka binding, binary mode. */
export function toMessage(event: EventRecord): Message & { value: Buffer } {
  return {
    key: event.key,
    value: Buffer.from(event.data.buffer, event.data.byteOffset, event.data.byteLength),
    headers: {
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_type: event.type,
      ce_source: event.source,
      ce_time: event.time,
      'content-type': 'application/protobuf',
      ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
    },
  };
}

/**
 * The event in a message. A dead letter may lack a value: it is then empty.
 * @throws ParleyError DATA_CORRUPT when the message is not an event.
 */
export function toEvent(
  place: MessagePlace,
  { key, value, headers = {} }: Pick<KafkaMessage, 'key' | 'value' | 'headers'>,
): Omit<DeliveredEvent, 'attempt'> {
  const error = header(headers, 'parley_error');
  if (value === null && error === undefined)
    throw new ParleyError('DATA_CORRUPT', `the message at ${shown(place)} has no value`);
  const attribute = (name: string): string => {
    const text = header(headers, name);
    if (text !== undefined) return text;
    throw new ParleyError('DATA_CORRUPT', `the message at ${shown(place)} has no header ${name}`);
  };
  const traceparent = header(headers, 'traceparent');
  return {
    id: attribute('ce_id'),
    topic: place.topic,
    key: key?.toString() ?? '',
    type: attribute('ce_type'),
    source: attribute('ce_source'),
    time: attribute('ce_time'),
    ...(traceparent === undefined ? {} : { traceparent }),
    data: value === null ? new Uint8Array() : new Uint8Array(value),
    ...(error === undefined ? {} : { error }),
  };
}

/**
 * A message as a dead letter: as it was, with headers that tell why it is there and where it stood. What
 * it lacks to be an event is filled in, its place being the id.
 */
export function toLetter(
  place: MessagePlace,
  message: KafkaMessage,
  { failure, attempts, group }: Burial,
): Message {
  return {
    key: message.key,
    value: message.value,
    headers: {
      ce_specversion: '1.0',
      ce_id: shown(place),
      ce_type: 'unknown',
      ce_source: 'unknown',
      ce_time: new Date(Number(message.timestamp)).toISOString(),
      ...message.headers,
      parley_error: `${failure.reason}: ${failure.message}`.slice(0, LONGEST_ERROR),
      parley_reason: failure.reason,
      parley_attempts: String(attempts),
      ...(group === undefined ? {} : { parley_group: group }),
      parley_topic: place.topic,
      parley_partition: String(place.partition),
      parley_offset: place.offset,
    },
  };
}

/**
 * A dead letter as it was before, marked as replayed.
 * @param now RFC 3339.
 */
export function toReplay({ key, value, headers }: KafkaMessage, now: string): Message {
  const kept = Object.entries(headers ?? {}).filter(([name]) => !name.startsWith('parley_'));
  return { key, value, headers: { ...Object.fromEntries(kept), [REPLAYED]: now } };
}

/** A header's text, the first if there are several; undefined if there is none. */
export function header(headers: IHeaders, name: string): string | undefined {
  const value = headers[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === undefined || first === null ? undefined : first.toString();
}

/** `topic/partition/offset`. */
export function shown({ topic, partition, offset }: MessagePlace): string {
  return `${topic}/${partition}/${offset}`;
}
