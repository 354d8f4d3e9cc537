import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { reportHtml } from './demo/html.ts';
import { createProgress } from './demo/progress.ts';
import { CycleFailed, runDemo } from './demo/run.ts';
import { parseSettings } from './demo/settings.ts';
import { reportTables } from './demo/table.ts';
import { openWorkspace, type Workspace, writeAtomically } from './demo/workspace.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

let workspace: Workspace | undefined;
try {
  const settings = parseSettings(process.argv.slice(2));
  mkdirSync(settings.out, { recursive: true });
  workspace = openWorkspace(settings);
  say(
    `One cycle of ${settings.iterations} iterations: ${settings.agents} agents, ${settings.rounds} rounds, ${settings.train} training and ${settings.evaluation} evaluation problems, seed ${settings.seed}.`,
  );
  say(
    'The engine is a small reasoner for development: this shows the machinery, not language models.',
  );
  if (workspace.continues) say('Continuing the unfinished run.');
  const report = await runDemo(
    settings,
    workspace.data,
    createProgress(process.stdout, settings.iterations),
  );
  writeAtomically(join(settings.out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeAtomically(join(settings.out, 'report.html'), reportHtml(report));
  workspace.finish();
  say(`\n${reportTables(report)}\n`);
  say(
    `${report.seconds} s. Report: ${join(settings.out, 'report.html')} and ${join(settings.out, 'report.json')}`,
  );
  process.exit(0);
} catch (error) {
  if (error instanceof CycleFailed) workspace?.finish();
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
