import { runService } from '@parley/platform';
import { envToInferenceConfig } from './config.ts';
import { createInference } from './service.ts';

await runService('inference', envToInferenceConfig, createInference);
