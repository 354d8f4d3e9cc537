import { runService } from '@parley/platform';
import { envToVotingConfig } from './config.ts';
import { createVoting } from './service.ts';

await runService('voting', envToVotingConfig, createVoting);
