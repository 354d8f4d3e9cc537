import { ParleyError } from './errors.ts';

type Release = () => Promise<void> | void;

/**
 * What a service has acquired. Each acquisition pushes how it is released; `release` runs them last-in
 * first-out, goes on past failures and throws the first of them. Calling it again waits for the same run.
 */
export class Resources {
  #releases: { name: string; release: Release }[] = [];
  #released: Promise<void> | undefined;

  /** Registers how something already acquired is released. */
  add(name: string, release: Release): void {
    if (this.#released !== undefined)
      throw new ParleyError('FAILED_PRECONDITION', `${name} was acquired after the shutdown began`);
    this.#releases.push({ name, release });
  }

  /** Acquires and registers in one step. */
  async acquire<T>(
    name: string,
    acquire: () => Promise<T> | T,
    release: (resource: T) => Promise<void> | void,
  ): Promise<T> {
    const resource = await acquire();
    if (this.#released !== undefined) await release(resource);
    this.add(name, () => release(resource));
    return resource;
  }

  release(): Promise<void> {
    this.#released ??= this.#run();
    return this.#released;
  }

  async #run(): Promise<void> {
    let first: unknown;
    for (const { name, release } of this.#releases.splice(0).reverse()) {
      try {
        await release();
      } catch (error) {
        first ??= new Error(`releasing ${name} failed`, { cause: error });
      }
    }
    if (first) throw first;
  }
}

/**
 * A service as a library: no signal handlers, no environment. `drain`, called first where there are several, ends
 * work that is under way while everything still runs; `destroy` is idempotent.
 */
export type Service = { start(): Promise<void>; drain?(): Promise<void>; destroy(): Promise<void> };

/** What `runUntilSignal` runs. `graceMs`: how long its `destroy` may take, 30 s by default. */
export type Process = Pick<Service, 'start' | 'destroy'> & { graceMs?: number };

const GRACE_MS = 30_000;

/**
 * Creates a service, runs it until SIGINT or SIGTERM, then destroys it. What keeps it from starting is told in
 * one line on standard error, and the process ends with 1. A second signal, or a shutdown that takes too long,
 * ends it with 1 as well. For `main.ts` only.
 */
export async function runUntilSignal(create: () => Promise<Process>): Promise<void> {
  let service: Process | undefined;
  let stopping = false;
  function stop(): void {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), service?.graceMs ?? GRACE_MS).unref();
    Promise.resolve(service?.destroy()).then(
      () => process.exit(0),
      (error: unknown) => end('shutdown failed', error),
    );
  }
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    service = await create();
    await service.start();
  } catch (error) {
    await service?.destroy().catch(() => {});
    end('cannot start', error);
  }
}

function end(what: string, error: unknown): never {
  process.stderr.write(`${what}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
