/** Contract suites: what every adapter of a port must do, as vitest tests. */
export { type ArtifactsFixture, artifactsContract } from './artifacts/contract.ts';
export { type EventsFixture, eventsContract } from './events/contract.ts';
export { storeContract } from './store/contract.ts';
export type { StoreFixture } from './store/contract-fixture.ts';
