import { afterEach } from 'vitest';
import { createWorld, type World } from './world.ts';

/** Makes worlds for the tests of a file; those that a test has not closed are closed after it. */
export function worldsOfTests() {
  const worlds = new Set<World>();

  async function close(world: World): Promise<void> {
    worlds.delete(world);
    await world.close();
  }

  afterEach(async () => {
    for (const world of worlds) await close(world);
  });

  return {
    async open(...changes: Parameters<typeof createWorld>): Promise<World> {
      const world = await createWorld(...changes);
      worlds.add(world);
      return world;
    },
    close,
  };
}

/** Qualities under which every revision is better than the one before. */
export const better = (revision: number) => ({
  first: 0.4 + 0.1 * revision,
  last: 0.5 + 0.1 * revision,
});
