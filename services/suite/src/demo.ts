import { demoCommand } from './demo/command.ts';
import { deployEmbedded } from './demo/embedded.ts';

await demoCommand(process.argv.slice(2), deployEmbedded);
