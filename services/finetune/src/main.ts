import { runService } from '@parley/platform';
import { envToFinetuneConfig } from './config.ts';
import { createFinetune } from './service.ts';

await runService('finetune', envToFinetuneConfig, createFinetune);
