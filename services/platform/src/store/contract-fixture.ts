import type { Store } from './port.ts';

/** A store to be tested. Its data is its own: no other fixture sees it. */
export type StoreFixture = {
  store: Store;
  /** Another store on the same data: as a second replica, or as the next process after `store.close()`. */
  another(): Promise<Store>;
  /** Closes what is open and removes the data. */
  close(): Promise<void>;
};
