import { afterEach, beforeEach, describe } from 'vitest';
import { commitContract } from './contract-commit.ts';
import type { StoreFixture } from './contract-fixture.ts';
import { queueContract } from './contract-queue.ts';
import { streamContract } from './contract-stream.ts';

/** What every adapter of the store must do, as tests; `open` makes a fixture for each. */
export function storeContract(name: string, open: () => Promise<StoreFixture>): void {
  describe(`store contract: ${name}`, () => {
    let fixture: StoreFixture | undefined;
    beforeEach(async () => {
      fixture = await open();
    });
    afterEach(async () => {
      await fixture?.close();
      fixture = undefined;
    });
    const current = (): StoreFixture => {
      if (fixture === undefined) throw new Error('the fixture is open only while a test runs');
      return fixture;
    };
    commitContract(current);
    queueContract(current);
    streamContract(current);
  });
}
