import type { KafkaMessage } from 'kafkajs';
import { describe, expect, it, vi } from 'vitest';
import { ParleyError } from '../errors.ts';
import { toMessage } from './kafka-message.ts';
import { PartitionHandler } from './kafka-partition.ts';
import type { DeliveredEvent } from './port.ts';

const TOPIC = 'parley.tests.done';

function message(offset: number, key: string): KafkaMessage {
  const { value, headers = {} } = toMessage({
    id: `${key}-${offset}`,
    topic: TOPIC,
    key,
    type: 't',
    source: 's',
    time: '2026-01-01T00:00:00.000Z',
    data: new Uint8Array(),
  });
  return {
    key: Buffer.from(key),
    value,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, Buffer.from(String(text))]),
    ),
    timestamp: '0',
    attributes: 0,
    offset: String(offset),
  };
}

function handlerOf(handle: (event: DeliveredEvent) => Promise<void>, attempts = 3) {
  const bury = vi.fn(async () => {});
  return {
    bury,
    handler: new PartitionHandler({ topic: TOPIC, partition: 0, attempts, handle, bury }),
  };
}

const never = new AbortController().signal;

describe('PartitionHandler', () => {
  it('handles at most 16 keys at once, and one event of a key', async () => {
    const running = new Set<string>();
    let most = 0;
    const { handler } = handlerOf(async ({ key }) => {
      expect(running).not.toContain(key);
      running.add(key);
      most = Math.max(most, running.size);
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(key);
    });
    const messages = Array.from({ length: 100 }, (_, n) => message(n, `k${n % 40}`));
    await handler.handle(messages, never);
    expect(most).toBe(16);
    expect(handler.passed(messages)).toBe('99');
  });

  it('passes what lies before the first open event, and does not repeat what lies behind it', async () => {
    const calls: string[] = [];
    let overloaded = true;
    const { handler } = handlerOf(async ({ id }) => {
      calls.push(id);
      if (id === 'b-1' && overloaded)
        throw new ParleyError('OVERLOADED', 'later', { retryAfter: 0.001 });
    });
    const messages = [message(0, 'a'), message(1, 'b'), message(2, 'a'), message(3, 'b')];
    await handler.handle(messages.slice(0, 1), never);
    await handler.handle(messages, never);
    expect(handler.passed(messages)).toBe('0');
    expect(handler.restUntil).toBeGreaterThan(0);
    handler.forget(messages, '0');
    overloaded = false;
    await handler.handle(messages.slice(1), never);
    expect(handler.restUntil).toBe(0);
    expect(handler.passed(messages.slice(1))).toBe('3');
    expect(calls.toSorted()).toEqual(['a-0', 'a-2', 'b-1', 'b-1', 'b-3']);
  });

  it('does not count an overloaded try', async () => {
    const attempts: number[] = [];
    const failures = [
      'UNAVAILABLE',
      'OVERLOADED',
      'UNAVAILABLE',
      'OVERLOADED',
      'INTERNAL',
    ] as const;
    const { handler, bury } = handlerOf(async ({ attempt }) => {
      attempts.push(attempt);
      const reason = failures[attempts.length - 1];
      if (reason !== undefined) throw new ParleyError(reason, 'no');
    });
    const messages = [message(0, 'a')];
    for (let n = 0; n < 3; n += 1) await handler.handle(messages, never);
    expect(attempts).toEqual([1, 2, 2, 3, 3]);
    expect(bury).toHaveBeenCalledExactlyOnceWith(
      { topic: TOPIC, partition: 0, offset: '0' },
      messages[0],
      { failure: expect.objectContaining({ reason: 'INTERNAL' }), attempts: 3 },
    );
    expect(handler.passed(messages)).toBe('0');
  });

  it('begins nothing and waits for no letter once it is to stop', async () => {
    const stop = new AbortController();
    const { handler, bury } = handlerOf(async () => {
      throw new ParleyError('DATA_CORRUPT', 'no message');
    });
    bury.mockImplementation(() => {
      stop.abort();
      return new Promise(() => {});
    });
    const messages = [message(0, 'a'), message(1, 'a')];
    await handler.handle(messages, stop.signal);
    expect(bury).toHaveBeenCalledTimes(1);
    expect(handler.passed(messages)).toBeUndefined();
  });

  it('tries to bury again', async () => {
    const { handler, bury } = handlerOf(async () => {
      throw new ParleyError('DATA_CORRUPT', 'no message');
    });
    bury.mockRejectedValueOnce(new ParleyError('UNAVAILABLE', 'away'));
    const messages = [message(0, 'a')];
    await handler.handle(messages, never);
    expect(bury).toHaveBeenCalledTimes(2);
    expect(handler.passed(messages)).toBe('0');
  });
});
