import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { reportHtml } from './html.ts';
import { createProgress } from './progress.ts';
import { CycleFailed, type Deployment, runDemo } from './run.ts';
import { parseSettings } from './settings.ts';
import { reportTables } from './table.ts';
import { openWorkspace, type Workspace, writeAtomically } from './workspace.ts';

/**
 * The demo as a command: runs it, says what it does, writes the report, and ends the process.
 * @param deploy starts the services, with their state in the folder that it is given.
 */
export async function demoCommand(
  args: string[],
  deploy: (data: string) => Promise<Deployment>,
): Promise<never> {
  const say = (line: string) => process.stdout.write(`${line}\n`);

  let workspace: Workspace | undefined;
  try {
    const settings = parseSettings(args);
    mkdirSync(settings.out, { recursive: true });
    workspace = openWorkspace(settings);
    const { data } = workspace;
    say(
      `One cycle of ${settings.iterations} iterations: ${settings.agents} agents, ${settings.rounds} rounds, ${settings.train} training and ${settings.evaluation} evaluation problems, seed ${settings.seed}.`,
    );
    say(
      'The engine is a small reasoner for development: this shows the machinery, not language models.',
    );
    if (workspace.continues) say('Continuing the unfinished run.');
    const report = await runDemo(
      settings,
      () => deploy(data),
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
}
