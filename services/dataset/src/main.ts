import { runService } from '@parley/platform';
import { envToDatasetConfig } from './config.ts';
import { createDataset } from './service.ts';

await runService('dataset', envToDatasetConfig, createDataset);
