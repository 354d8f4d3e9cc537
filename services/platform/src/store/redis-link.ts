import type { Cluster, Redis } from 'ioredis';
import { ParleyError } from '../errors.ts';
import type { Milliseconds } from './port.ts';
import { RedisCommand, type RedisRequest } from './redis-command.ts';
import { connectionOptions, createCluster, keepConnected } from './redis-connection.ts';
import { isPassing, refusal, replyCode } from './redis-errors.ts';
import { SHARDS } from './redis-keys.ts';
import { describeTarget, type RedisNode, type RedisTarget } from './redis-url.ts';

/** How long a request waits for a connection, how many may, and how often they try. */
const PATIENCE = 10_000;
const MOST_WAITING = 10_000;
const RETRY = 100;
/** How long a close waits for the answers to what is under way. */
const FAREWELL = 1_000;

type Waiting = {
  request: RedisRequest;
  deadline: number;
  resolve: (reply: unknown) => void;
  reject: (error: ParleyError) => void;
};

/**
 * The way to a Redis: a server, the master that sentinels name, or a cluster. Requests go out at once, in the
 * order in which they are made. While there is no connection they wait for one, for ten seconds at most. A
 * request that was under way when its connection broke is not sent again, unless it only reads: it fails with
 * UNAVAILABLE, its outcome unknown.
 */
export class RedisLink {
  /** Which shards one script may span: all where one server has them, else each for itself. */
  readonly groups: number[][];
  readonly #single: boolean;
  readonly #where: string;
  readonly #lanes: Waiting[][];
  readonly #cluster: Cluster | undefined;
  readonly #kept: { close(): void } | undefined;
  #client: Redis | undefined;
  #troubledAt: number | undefined;
  #why: string | undefined;
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #underWay = 0;
  #settled: (() => void) | undefined;
  #closed = false;

  constructor(target: RedisTarget, name: string) {
    this.#where = describeTarget(target);
    this.#single = target.kind !== 'cluster';
    const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
    this.groups = this.#single ? [shards] : shards.map((shard) => [shard]);
    this.#lanes = Array.from({ length: this.#single ? 1 : SHARDS }, () => []);
    const options = connectionOptions(target, name);
    if (this.#single) {
      this.#kept = keepConnected(target, options, {
        ready: (client) => {
          this.#client = client;
          if (this.#troubledAt !== undefined) this.#troubledAt = performance.now();
          this.#why = undefined;
          this.#drain();
        },
        lost: (why) => {
          this.#client = undefined;
          this.#troubledAt = performance.now();
          this.#why = why;
        },
      });
    } else {
      this.#cluster = createCluster(target, options);
      this.#cluster.on('error', (error: Error & { lastNodeError?: Error }) => {
        this.#why = (error.lastNodeError ?? error).message;
      });
      this.#cluster.on('ready', () => this.#drain());
    }
  }

  /** Milliseconds since a connection was last lost, missing or made again; unbounded if that never happened. */
  get calm(): Milliseconds {
    return this.#troubledAt === undefined
      ? Number.POSITIVE_INFINITY
      : performance.now() - this.#troubledAt;
  }

  /** The nodes of the cluster that are known now. */
  nodes(): RedisNode[] {
    const nodes = this.#cluster?.nodes() ?? [];
    return nodes.map(({ options: { host = '', port = 0 } }) => ({ host, port }));
  }

  /**
   * @throws ParleyError UNAVAILABLE when Redis cannot be reached or cannot do it now, or when the connection broke
   * meanwhile; OVERLOADED when its memory is full.
   */
  send<T>(request: RedisRequest, patience: Milliseconds = PATIENCE): Promise<T> {
    if (this.#closed) return Promise.reject(this.#closedError());
    const lane = this.#laneOf(request);
    if (lane.length === 0 && this.#ready()) return this.#attempt(request, undefined) as Promise<T>;
    return this.#wait(request, performance.now() + patience) as Promise<T>;
  }

  /** Refuses what waits, and waits a moment for what is under way. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    for (const lane of this.#lanes)
      for (const { reject } of lane.splice(0)) reject(this.#closedError());
    if (this.#underWay > 0)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, FAREWELL);
        this.#settled = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    this.#kept?.close();
    this.#cluster?.disconnect();
  }

  #ready(): boolean {
    return this.#client !== undefined || this.#cluster?.status === 'ready';
  }

  #laneOf({ shard }: RedisRequest): Waiting[] {
    return this.#lanes[this.#single ? 0 : shard] as Waiting[];
  }

  async #attempt(request: RedisRequest, deadline: number | undefined): Promise<unknown> {
    const client = this.#client ?? this.#cluster;
    if (client === undefined) return this.#wait(request, deadline ?? performance.now() + PATIENCE);
    const command = new RedisCommand(request);
    this.#underWay += 1;
    try {
      return await client.sendCommand(command);
    } catch (thrown) {
      return await this.#afterFailure(request, command, thrown, deadline);
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#settled?.();
    }
  }

  #afterFailure(
    request: RedisRequest,
    command: RedisCommand,
    thrown: unknown,
    deadline = performance.now() + PATIENCE,
  ): Promise<unknown> {
    const code = replyCode(thrown);
    if (code === 'NOSCRIPT') {
      command.forgetScript();
      return this.#attempt(request, deadline);
    }
    const passing = isPassing(thrown);
    if (code === 'READONLY' || code === '' || passing) this.#troubledAt = performance.now();
    if (code !== '' && !passing) throw refusal(thrown, this.#where);
    const { socket } = command;
    // Of a cluster's command: what it was written to last is whole, so it was answered there, by a redirection.
    const unanswered = socket !== undefined && (this.#single || socket.destroyed);
    if (code === '' && unanswered && !request.reads)
      throw new ParleyError(
        'UNAVAILABLE',
        `the connection to Redis at ${this.#where} broke while a request was under way: its outcome is unknown`,
      );
    if (this.#closed) throw this.#closedError();
    this.#why ??= thrown instanceof Error ? thrown.message : undefined;
    return this.#wait(request, deadline);
  }

  #wait(request: RedisRequest, deadline: number): Promise<unknown> {
    if (this.#waiting >= MOST_WAITING)
      return Promise.reject(this.#unreachable(`, and ${MOST_WAITING} requests wait for it`));
    this.#waiting += 1;
    this.#timer ??= setInterval(() => this.#tick(), RETRY);
    return new Promise((resolve, reject) => {
      this.#laneOf(request).push({ request, deadline, resolve, reject });
    });
  }

  #tick(): void {
    const now = performance.now();
    for (const lane of this.#lanes) {
      const waiting = lane.splice(0);
      for (const one of waiting) {
        if (one.deadline > now) lane.push(one);
        else {
          this.#waiting -= 1;
          one.reject(this.#unreachable(''));
        }
      }
    }
    if (this.#cluster?.status === 'ready') this.#cluster.refreshSlotsCache();
    this.#drain();
    if (this.#waiting > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #drain(): void {
    if (!this.#ready()) return;
    for (const lane of this.#lanes)
      for (const { request, deadline, resolve } of lane.splice(0)) {
        this.#waiting -= 1;
        resolve(this.#attempt(request, deadline));
      }
  }

  #unreachable(more: string): ParleyError {
    const why = this.#why === undefined ? '' : `: ${this.#why}`;
    return new ParleyError('UNAVAILABLE', `Redis at ${this.#where} cannot be reached${more}${why}`);
  }

  #closedError(): ParleyError {
    return new ParleyError('UNAVAILABLE', `the connection to Redis at ${this.#where} is closed`);
  }
}
