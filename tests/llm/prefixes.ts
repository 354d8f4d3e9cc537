import { expect, it } from 'vitest';
import { measurePrefix } from '../load/inference-prefix.ts';
import { say, type World } from './world.ts';

const DEBATES = 10;

/** Measures what routing by prefix and calls of n choices save. */
export function prefixes(world: () => World): void {
  it('are found in the caches of engines more often than where calls are routed at random', async () => {
    const result = await measurePrefix(
      world().engines.map(({ url }) => url),
      { debates: DEBATES },
    );
    if (!result) throw new Error('the engines do not count what their caches save');
    for (const [kind, { queried, cached }] of Object.entries(result))
      say(
        `prompt tokens a debate, ${kind}: ${queried.toFixed(0)}, of which cached ${cached.toFixed(0)}`,
      );
    const computed = ({ queried, cached }: { queried: number; cached: number }) => queried - cached;
    expect(computed(result.routed)).toBeLessThan(computed(result.random));
  }, 300_000);
}
