import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compareWithEngine } from './wire/compare-with-engine.ts';
import { OUT, type World } from './world.ts';

/** Tests that the sandbox answers as vLLM does; to be run after the cycle, one of whose adapters it uses. */
export function wire(world: () => World): void {
  it('answers as vLLM does', async () => {
    const folder = join(OUT, 'demo/adapters');
    const [adapter] = await readdir(folder);
    if (adapter === undefined) throw new Error(`there is no adapter in ${folder}`);
    expect(await compareWithEngine(world().engines[0].url, join(folder, adapter))).toEqual([]);
  }, 300_000);
}
