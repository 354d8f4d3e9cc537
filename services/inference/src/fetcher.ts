import { runService } from '@parley/platform';
import { envToFetcherConfig } from './fetcher-config.ts';
import { createFetcher } from './fetcher-service.ts';

await runService('fetcher', envToFetcherConfig, createFetcher);
