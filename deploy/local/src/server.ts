import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ParleyError } from '@parley/platform';
import { logSize, logTail } from './log-file.ts';
import { forgetPorts, keptPorts } from './ports.ts';
import { recordedPid, send, spawnBound, spawnDetached } from './process.ts';
import { until } from './until.ts';

/**
 * A server of another make on this machine, for development and tests. It listens on loopback, keeps
 * its port, data and log under `dir`, and ends with the process that started it unless it is detached.
 */
export type Server = {
  /** What the setting of Parley takes, such as PARLEY_STORE; fixed once the server has started. */
  readonly url: string;
  /** The process identifier while the server runs. */
  readonly pid: number | undefined;
  readonly dir: string;
  /**
   * Resolves when the server answers its own protocol; nothing happens when it runs already.
   * The program is installed first if it is missing.
   * @throws ParleyError UNAVAILABLE with the last lines of the log; FAILED_PRECONDITION saying what to install.
   */
  start(): Promise<void>;
  /** Ends the server in good order, after 30 seconds by force; resolves when it is gone. */
  stop(): Promise<void>;
  /** Sends a signal; SIGKILL resolves when the process is gone, any other at once. */
  signal(signal: NodeJS.Signals): Promise<void>;
};

/** Where a server lives and how long. */
export type ServerOptions = {
  /** Folder of data, log and port; made when absent. */
  dir: string;
  /** Outlives the process that starts it; a later process finds it by the same `dir`. */
  detached?: boolean;
};

/** One kind of server: how it is called, and how one knows that it is ready. */
export type Program = {
  /** Shown in messages; also the name of the log file. */
  name: string;
  /** How many ports it listens on; the first is that of the url. */
  ports: number;
  url(ports: readonly number[]): string;
  /** Installs what is missing, writes what the server reads at start and returns its command line, which names a file in `dir`. */
  prepare(ports: readonly number[]): readonly string[] | Promise<readonly string[]>;
  /** Forgets a request to end in some states, so that it is asked again every second. */
  forgetful?: boolean;
  /** One attempt to reach the server; rejects while it is not ready or another answers in its place. */
  probe(ports: readonly number[], pid: number): Promise<void>;
};

const READY_MS = 60_000;
const STOP_MS = 30_000;
const STOP_REPEAT_MS = 1_000;
const PORT_ATTEMPTS = 5;
const PORT_TAKEN = /address (?:already )?in use|EADDRINUSE/i;

/** A server that runs a program in a folder; not started. */
export async function createServer(program: Program, options: ServerOptions): Promise<Server> {
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true });
  let { ports, fresh } = await keptPorts(dir, program.ports);
  let pid = options.detached ? recordedPid(dir) : undefined;
  let starting: Promise<void> | undefined;

  /** The process identifier if the process still runs and is ours. */
  function running(): number | undefined {
    if (options.detached) pid = recordedPid(dir);
    return pid;
  }

  async function gone(deadlineMs: number): Promise<boolean> {
    return until(async () => running() === undefined, deadlineMs);
  }

  /** Resolves when the running server is ready; `from` is where its log begins. */
  async function ready(log: string, from: number): Promise<void> {
    let last: unknown;
    const inTime = await until(async () => {
      const current = running();
      if (current === undefined) return true;
      try {
        await program.probe(ports, current);
        return true;
      } catch (thrown) {
        last = thrown;
        return false;
      }
    }, READY_MS);
    if (inTime && running() !== undefined) return;
    const what = inTime ? 'ended at start' : `was not ready after ${READY_MS / 1000} s`;
    const message = `${program.name} ${what}; ${log}:\n${logTail(log, from)}`;
    throw new ParleyError('UNAVAILABLE', message, { cause: last });
  }

  async function attempt(): Promise<void> {
    const log = join(dir, `${program.name}.log`);
    if (running() !== undefined) return ready(log, 0);
    const from = logSize(log);
    const command = await program.prepare(ports);
    if (options.detached) pid = spawnDetached(command, dir, log);
    else
      pid = spawnBound(command, dir, log, () => {
        pid = undefined;
      });
    try {
      await ready(log, from);
    } catch (thrown) {
      const current = running();
      if (current !== undefined) await kill(current);
      throw thrown;
    }
  }

  async function kill(current: number): Promise<void> {
    send(current, 'SIGKILL');
    if (!(await gone(STOP_MS)))
      throw new ParleyError('UNAVAILABLE', `${program.name} (${current}) outlived SIGKILL`);
  }

  async function launch(): Promise<void> {
    for (let attempts = 1; ; attempts++)
      try {
        await attempt();
        fresh = false;
        return;
      } catch (thrown) {
        const again = fresh && attempts < PORT_ATTEMPTS && PORT_TAKEN.test(String(thrown));
        if (!again) throw thrown;
        forgetPorts(dir);
        ({ ports } = await keptPorts(dir, program.ports));
      }
  }

  return {
    get url() {
      return program.url(ports);
    },
    get pid() {
      return running();
    },
    dir,
    async start() {
      starting ??= launch().finally(() => {
        starting = undefined;
      });
      await starting;
    },
    async stop() {
      await starting?.catch(() => undefined);
      const end = performance.now() + STOP_MS;
      for (let current = running(); current !== undefined; current = running()) {
        if (performance.now() > end) return kill(current);
        send(current, 'SIGTERM');
        send(current, 'SIGCONT');
        await gone(program.forgetful ? STOP_REPEAT_MS : end - performance.now());
      }
    },
    async signal(signal) {
      const current = running();
      if (current === undefined)
        throw new ParleyError(
          'FAILED_PRECONDITION',
          `${program.name} does not run: start it first`,
        );
      if (signal === 'SIGKILL') await kill(current);
      else send(current, signal);
    },
  };
}
