import { join, resolve } from 'node:path';
import { ParleyError } from '@parley/platform';
import type { Server, ServerOptions } from './server.ts';
import { until } from './until.ts';

const READY_MS = 60_000;

/** Several servers that are one to their users. */
export type Group = {
  name: string;
  servers: readonly Server[];
  url(): string;
  /** Starts them, and makes them one when they are new. */
  assemble(): Promise<void>;
  /** Whether they work as one. */
  whole(): Promise<boolean>;
};

/**
 * Servers that are started, stopped and signalled together. `pid` is that of the first; `start` resolves
 * when they work as one.
 */
export function createGroup(group: Group, options: ServerOptions): Server {
  return {
    get url() {
      return group.url();
    },
    get pid() {
      return group.servers[0]?.pid;
    },
    dir: resolve(options.dir),
    async start() {
      await group.assemble();
      if (!(await until(() => group.whole().catch(() => false), READY_MS)))
        throw new ParleyError(
          'UNAVAILABLE',
          `${group.name} runs but is not whole after ${READY_MS / 1000} s; see the logs under ${options.dir}`,
        );
    },
    async stop() {
      await Promise.all(group.servers.map((server) => server.stop()));
    },
    async signal(signal) {
      await Promise.all(group.servers.map((server) => server.signal(signal)));
    },
  };
}

/** The options of one of several servers: a folder of its own under that of all. */
export function memberOptions(options: ServerOptions, name: string): ServerOptions {
  return { ...options, dir: join(resolve(options.dir), name) };
}
