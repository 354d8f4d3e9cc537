import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { ParleyError } from '@parley/platform';

/**
 * Becomes the program, and leaves behind a watcher that kills it when descriptor 3, whose other end
 * only the parent holds, is closed without a line. The watcher ignores what a terminal sends to all.
 */
const BOUND = `(trap '' HUP INT TERM; read -r line <&3 || kill -KILL $$) & exec "$@" 3<&-`;

/**
 * Starts a program that ends with this process, however this process ends; its output goes to `log`.
 * @returns the process identifier.
 */
export function spawnBound(
  command: readonly string[],
  dir: string,
  log: string,
  onExit: () => void,
): number {
  const output = openSync(log, 'a');
  const child = spawn('/bin/sh', ['-c', BOUND, 'sh', ...command], {
    cwd: dir,
    // In a session of its own: Ctrl-C in the terminal is for the parent, which ends what it has started in order.
    detached: true,
    stdio: ['ignore', output, output, 'pipe'],
  });
  closeSync(output);
  child.on('error', () => undefined);
  const pid = identified(child.pid, '/bin/sh');
  const line = child.stdio[3] as Socket;
  line.on('error', () => undefined);
  line.unref();
  child.unref();
  child.once('exit', () => {
    line.end('ended\n');
    onExit();
  });
  return pid;
}

/**
 * Starts a program that outlives this process, and records it in `dir`.
 * @returns the process identifier.
 */
export function spawnDetached(command: readonly string[], dir: string, log: string): number {
  const [program = '', ...rest] = command;
  const output = openSync(log, 'a');
  const child = spawn(program, rest, {
    cwd: dir,
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  child.on('error', () => undefined);
  child.unref();
  const pid = identified(child.pid, program);
  writeFileSync(pidFile(dir), `${pid}\n`);
  return pid;
}

/**
 * The detached process recorded in `dir`, while it runs. A process that got the same identifier later
 * is told apart by its command line, which names nothing in `dir`.
 */
export function recordedPid(dir: string): number | undefined {
  if (!existsSync(pidFile(dir))) return undefined;
  const pid = Number(readFileSync(pidFile(dir), 'utf8'));
  return commandLine(pid).includes(join(dir, '/')) ? pid : undefined;
}

/** Sends a signal to a process that may just have ended. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}

function identified(pid: number | undefined, program: string): number {
  if (pid === undefined)
    throw new ParleyError('UNAVAILABLE', `${program} could not be started; is it installed?`);
  return pid;
}

function pidFile(dir: string): string {
  return join(dir, 'pid');
}

/** Program and arguments of a process; empty when there is none or it has ended. */
function commandLine(pid: number): string {
  try {
    if (existsSync('/proc/self/cmdline')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}
