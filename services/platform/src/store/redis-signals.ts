import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import type { Milliseconds } from './port.ts';
import { connectionOptions, keepConnected } from './redis-connection.ts';
import { SHARDS, shardOwner } from './redis-keys.ts';
import type { RedisNode, RedisTarget } from './redis-url.ts';

/** While announcements cannot be heard, who waits looks again this often. */
const POLL = 1_000;
/** A channel stays subscribed for so long after the last wait: the next one often follows. */
const LINGER = 5_000;
/** Keeps a connection on which nothing is announced from dying unnoticed. */
const PING = 5_000;

type Channel = { watches: number; subscribed: Promise<unknown>; leaving?: NodeJS.Timeout };

/** Watches one stream from the moment it was asked for. */
export type Watch = {
  /** Resolves when announcements of other processes are heard, or cannot be now. */
  ready: Promise<unknown>;
  /** Resolves when something was announced since the last call, at the latest after `wait`, or when aborted. */
  changed(wait: Milliseconds, abort: AbortSignal): Promise<void>;
  stop(): void;
};

/**
 * Announcements among the processes that use one service's store: those of this process reach it directly,
 * those of others through Pub/Sub, on one connection, made when somebody listens. They are hints: some are
 * lost when the connection breaks, and everybody is told to look when it is back.
 */
export class RedisSignals {
  readonly #streams = new EventEmitter().setMaxListeners(0);
  readonly #queues = new EventEmitter().setMaxListeners(0);
  readonly #emits = new EventEmitter().setMaxListeners(0);
  readonly #channels = new Map<string, Channel>();
  readonly #connect: () => { close(): void };
  readonly #origin: string;
  readonly #news: string;
  #connection: { close(): void } | undefined;
  #client: Redis | undefined;
  #heard = false;
  #wasHeard = false;
  #pings: NodeJS.Timeout | undefined;
  #listening = 0;

  /** @param origin what this process' own announcements begin with. @param news the channel of all but streams. */
  constructor(
    target: RedisTarget,
    options: { name: string; origin: string; news: string; nodes: () => RedisNode[] },
  ) {
    this.#origin = options.origin;
    this.#news = options.news;
    const anyNode = (): RedisNode => {
      const nodes = options.nodes();
      return nodes[Math.floor(Math.random() * nodes.length)] ?? target.nodes[0];
    };
    this.#connect = () =>
      keepConnected(
        target,
        connectionOptions(target, options.name),
        {
          ready: (client) => void this.#subscribeAll(client),
          lost: () => {
            this.#client = undefined;
            this.#heard = false;
            clearInterval(this.#pings);
            this.#tellStreams();
          },
        },
        anyNode,
      );
  }

  onWork(queue: string, listener: () => void): () => void {
    return this.#listen(this.#queues, queue, listener);
  }

  onEmit(listener: (shard: string) => void): () => void {
    return this.#listen(this.#emits, 'emit', listener);
  }

  watch(stream: string): Watch {
    this.#connection ??= this.#connect();
    let wake = () => {};
    let changed = false;
    const signalled = () => {
      changed = true;
      wake();
    };
    this.#streams.on(stream, signalled);
    return {
      ready: this.#enter(stream),
      changed: (wait, abort) =>
        new Promise<void>((resolve) => {
          const end = () => {
            clearTimeout(timer);
            abort.removeEventListener('abort', end);
            wake = () => {};
            changed = false;
            resolve();
          };
          const timer = setTimeout(end, this.#heard ? wait : Math.min(wait, POLL));
          wake = end;
          abort.addEventListener('abort', end);
          if (changed || abort.aborted) end();
        }),
      stop: () => {
        this.#streams.off(stream, signalled);
        this.#leave(stream);
      },
    };
  }

  /** Tells those of this process that wait for the stream. */
  appended(stream: string): void {
    this.#streams.emit(stream);
  }

  /** Tells those of this process that listen for the queue's work. */
  available(queue: string): void {
    this.#queues.emit(queue);
  }

  /** Tells those of this process that listen for events in the shard's outbox. */
  emitted(shard: string): void {
    this.#emits.emit('emit', shard);
  }

  close(): void {
    clearInterval(this.#pings);
    for (const { leaving } of this.#channels.values()) clearTimeout(leaving);
    this.#connection?.close();
    // Whoever listens after the close hears nothing.
    this.#connection = { close() {} };
    this.#streams.removeAllListeners();
    this.#queues.removeAllListeners();
    this.#emits.removeAllListeners();
  }

  #listen(emitter: EventEmitter, name: string, listener: (text: string) => void): () => void {
    this.#connection ??= this.#connect();
    this.#listening += 1;
    if (this.#listening === 1) void this.#client?.subscribe(this.#news).catch(() => {});
    emitter.on(name, listener);
    let stopped = false;
    return () => {
      if (stopped) return;
      stopped = true;
      emitter.off(name, listener);
      this.#listening -= 1;
      if (this.#listening === 0) void this.#client?.unsubscribe(this.#news).catch(() => {});
    };
  }

  #enter(stream: string): Promise<unknown> {
    const channel = this.#channels.get(stream);
    if (channel !== undefined) {
      channel.watches += 1;
      clearTimeout(channel.leaving);
      return channel.subscribed;
    }
    const subscribed = this.#client?.subscribe(stream).catch(() => {}) ?? Promise.resolve();
    this.#channels.set(stream, { watches: 1, subscribed });
    return subscribed;
  }

  #leave(stream: string): void {
    const channel = this.#channels.get(stream);
    if (channel === undefined) return;
    channel.watches -= 1;
    if (channel.watches > 0) return;
    channel.leaving = setTimeout(() => {
      this.#channels.delete(stream);
      void this.#client?.unsubscribe(stream).catch(() => {});
    }, LINGER).unref();
  }

  async #subscribeAll(client: Redis): Promise<void> {
    this.#client = client;
    client.on('message', (channel: string, text: string) => this.#hear(channel, text));
    const channels = [...this.#channels.keys(), ...(this.#listening > 0 ? [this.#news] : [])];
    try {
      if (channels.length > 0) await client.subscribe(...channels);
    } catch {
      return client.disconnect();
    }
    if (this.#client !== client) return;
    this.#heard = true;
    this.#pings = setInterval(() => void client.ping().catch(() => {}), PING).unref();
    this.#tellStreams();
    if (this.#wasHeard) this.#tellListeners();
    this.#wasHeard = true;
  }

  #hear(channel: string, text: string): void {
    if (channel !== this.#news) {
      if (text !== this.#origin) this.appended(channel);
      return;
    }
    const [, origin, kind, name = ''] = /^(\S+) (\S+) (.*)$/s.exec(text) ?? [];
    if (origin === this.#origin) return;
    if (kind === 'work') this.available(name);
    else if (kind === 'emit') this.emitted(name);
  }

  #tellListeners(): void {
    for (const queue of this.#queues.eventNames()) this.#queues.emit(queue);
    for (let shard = 0; shard < SHARDS; shard += 1) this.emitted(shardOwner(shard));
  }

  #tellStreams(): void {
    for (const stream of this.#channels.keys()) this.appended(stream);
  }
}
