/** Contract suites: what every adapter of a port must do, as vitest tests. */
export { type ArtifactsFixture, artifactsContract } from './artifacts/contract.ts';
export { type EventsFixture, eventsContract } from './events/contract.ts';
export { type StoreFixture, storeContract } from './store/contract.ts';
