import { runService } from '@parley/platform';
import { envToDebateConfig } from './config.ts';
import { createDebate } from './service.ts';

await runService('debate', envToDebateConfig, createDebate);
