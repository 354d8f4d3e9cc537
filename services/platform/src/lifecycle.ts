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

/** A service as a library: no signal handlers, no environment. `destroy` is idempotent. */
export type Service = { start(): Promise<void>; destroy(): Promise<void> };

/**
 * Runs a service until SIGINT or SIGTERM, then destroys it. A second signal, or a shutdown that takes
 * longer than `graceMs`, ends the process with 1. For `main.ts` only.
 */
export async function runUntilSignal(service: Service, graceMs = 30_000): Promise<void> {
  let stopping = false;
  function stop(): void {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), graceMs).unref();
    service.destroy().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`shutdown failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  }
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    await service.start();
  } catch (error) {
    await service.destroy().catch(() => {});
    throw error;
  }
}
