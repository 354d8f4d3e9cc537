import { openStore, type Store } from '@parley/platform';
import type { StoreFixture } from '@parley/platform/testing';

let services = 0;

/** A store of its own on a shared Redis: no other fixture has its service's name. */
export async function redisFixture(url: string): Promise<StoreFixture> {
  services += 1;
  const service = `t${Date.now().toString(36)}-${process.pid}-${services}`;
  const opened: Store[] = [];
  const another = async () => {
    const store = await openStore(url, { service });
    opened.push(store);
    return store;
  };
  return {
    store: await another(),
    another,
    async close() {
      await Promise.all(opened.map((store) => store.close()));
    },
  };
}
