import { randomUUID } from 'node:crypto';
import { invalid, ParleyError } from '../errors.ts';
import type { EventRecord } from '../events/port.ts';
import type { OutboxEntry, Store, StreamEntry } from './port.ts';
import { type CommitReply, decodeCommit, encodeCommit } from './redis-commit.ts';
import { redisKeys, shardOf } from './redis-keys.ts';
import { RedisLink } from './redis-link.ts';
import { redisQueues } from './redis-queue.ts';
import { redisRange } from './redis-range.ts';
import { RedisSignals } from './redis-signals.ts';
import { parseRedisUrl } from './redis-url.ts';

/** How long a ping waits for a connection. */
const PING_PATIENCE = 1_000;

/**
 * The store of `service` in Redis 6.2 or later, alone, behind sentinels, or as a cluster; other services' stores
 * may share it. For any number of processes. A resolved commit survives what Redis survives: by its
 * append-only file the end of its process, by its replicas, which follow a moment later, the loss of a machine.
 * Connects by itself, and again for ever; the first request waits for that.
 * @throws ParleyError INVALID_ARGUMENT for a URL that is none.
 */
export function openRedisStore(url: string, { service }: { service: string }): Store {
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(service))
    throw invalid('service', `'${service}' must be lower case letters, digits and dashes`);
  const target = parseRedisUrl(url);
  const name = `parley-${service}`;
  const keys = redisKeys(service);
  const origin = randomUUID();
  const link = new RedisLink(target, name);
  const signals = new RedisSignals(target, {
    name,
    origin,
    news: keys.news,
    nodes: () => link.nodes(),
  });
  const queues = redisQueues(link, keys);
  const closed = new AbortController();

  function ensureOpen(): void {
    if (closed.signal.aborted)
      throw new ParleyError('UNAVAILABLE', `the store of ${service} is closed`);
  }

  async function entries<T>(
    shard: number,
    stream: string,
    after: number,
    limit: number,
  ): Promise<StreamEntry<T>[]> {
    const texts = await link.send<string[]>({
      shard,
      command: 'lrange',
      arguments: [stream, String(after), String(after + limit - 1)],
      reads: true,
    });
    return texts.map((text, at) => ({ sequence: after + at + 1, value: JSON.parse(text) as T }));
  }

  return {
    async commit(owner, operations) {
      ensureOpen();
      const steps = [...operations];
      const { request, checked, streams, emitted } = encodeCommit(keys, origin, owner, steps);
      const reply = await link.send<CommitReply>(request);
      const { leases, available } = decodeCommit(owner, steps, checked, reply);
      for (const stream of streams) signals.appended(stream);
      for (const queue of available) signals.available(queue);
      if (emitted !== undefined) signals.emitted(emitted);
      return { leases };
    },

    async get<T>(owner: string, name: string) {
      ensureOpen();
      const text = await link.send<string | null>({
        shard: shardOf(owner),
        command: 'get',
        arguments: [keys.record(owner, name)],
        reads: true,
      });
      if (text === null) return undefined;
      const space = text.indexOf(' ');
      return {
        value: JSON.parse(text.slice(space + 1)) as T,
        version: Number(text.slice(0, space)),
      };
    },

    async range(index, options) {
      ensureOpen();
      return redisRange(link, keys, index, options);
    },

    async read<T>(
      owner: string,
      name: string,
      options: { after: number; limit: number; wait?: number; signal?: AbortSignal },
    ) {
      ensureOpen();
      const { after, limit, wait = 0, signal } = options;
      const deadline = performance.now() + wait;
      const shard = shardOf(owner);
      const stream = keys.stream(owner, name);
      const found = await entries<T>(shard, stream, after, limit);
      if (found.length > 0 || wait <= 0) return found;
      const ended = signal ? AbortSignal.any([signal, closed.signal]) : closed.signal;
      const watch = signals.watch(stream);
      try {
        await watch.ready;
        for (;;) {
          if (closed.signal.aborted) return [];
          const later = await entries<T>(shard, stream, after, limit);
          const left = deadline - performance.now();
          if (later.length > 0 || left <= 0 || ended.aborted) return later;
          await watch.changed(left, ended);
        }
      } catch (thrown) {
        if (closed.signal.aborted) return [];
        throw thrown;
      } finally {
        watch.stop();
      }
    },

    async lease(queue, options) {
      ensureOpen();
      return queues.lease(queue, options);
    },

    async extend(leases, ttl) {
      ensureOpen();
      return queues.extend(leases, ttl);
    },

    async depth(queue) {
      ensureOpen();
      return queues.depth(queue);
    },

    onWork(queue, listener) {
      return signals.onWork(queue, listener);
    },

    onEmit(listener) {
      return signals.onEmit(listener);
    },

    async outbox(shard, limit) {
      ensureOpen();
      const rows = await link.send<[Buffer, Buffer[]][]>({
        shard: shardOf(shard),
        command: 'xrange',
        arguments: [keys.outbox(shardOf(shard)), '-', '+', 'COUNT', String(limit)],
        reads: true,
        bytes: true,
      });
      return rows.map(([position, fields]): OutboxEntry => {
        const [, attributes, , data] = fields as [Buffer, Buffer, Buffer, Buffer];
        const event = JSON.parse(attributes.toString()) as Omit<EventRecord, 'data'>;
        return { position: position.toString(), event: { ...event, data } };
      });
    },

    async trim(shard, published) {
      ensureOpen();
      if (published.length === 0) return;
      await link.send({
        shard: shardOf(shard),
        command: 'xdel',
        arguments: [keys.outbox(shardOf(shard)), ...published.map(({ position }) => position)],
        reads: false,
      });
    },

    async ping() {
      ensureOpen();
      await Promise.all(
        link.groups.map(([shard = 0]) =>
          link.send(
            { shard, command: 'exists', arguments: [keys.outbox(shard)], reads: true },
            PING_PATIENCE,
          ),
        ),
      );
    },

    async close() {
      if (closed.signal.aborted) return;
      closed.abort();
      signals.close();
      await link.close();
    },
  };
}
