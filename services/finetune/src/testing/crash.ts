import { ParleyError, type Store } from '@parley/platform';

/**
 * A store that dies with its process: the `at`-th commit, counted from 1, is lost together with everything
 * after it, reads too. What the process did outside before that commit stays done.
 */
export function dyingStore(store: Store, at: number): { store: Store; died: Promise<void> } {
  const { promise: died, resolve } = Promise.withResolvers<void>();
  let commits = 0;
  let dead = false;
  function alive(): void {
    if (dead) throw new ParleyError('UNAVAILABLE', 'the process has died');
  }
  const dying: Store = {
    ...store,
    async commit(owner, operations) {
      alive();
      commits += 1;
      if (commits < at) return store.commit(owner, operations);
      dead = true;
      resolve();
      return alive() as never;
    },
    async get(owner, name) {
      alive();
      return store.get(owner, name);
    },
    async read(owner, stream, options) {
      alive();
      return store.read(owner, stream, options);
    },
    async lease(queue, options) {
      alive();
      return store.lease(queue, options);
    },
    async extend(leases, ttl) {
      alive();
      return store.extend(leases, ttl);
    },
    async outbox(shard, limit) {
      alive();
      return store.outbox(shard, limit);
    },
  };
  return { store: dying, died };
}
