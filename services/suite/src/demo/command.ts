import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Environment, readEnv } from '@parley/platform';
import { datasetsFolder } from './datasets.ts';
import { reportHtml } from './html.ts';
import { type DemoModel, openSandboxModel } from './model.ts';
import { createProgress } from './progress.ts';
import type { DemoReport } from './report.ts';
import { CycleFailed, type Deployment, runDemo } from './run.ts';
import { openServedModel } from './served-model.ts';
import { type DemoSettings, parseSettings } from './settings.ts';
import { reportTables } from './table.ts';
import { openWorkspace, writeAtomically } from './workspace.ts';

/** Starts the services with these settings, and with their state in the folder. */
export type Deploy = (data: string, environment: Environment) => Promise<Deployment>;

/** The demo as a command: runs it, says what it does, writes the report, and ends the process. */
export async function demoCommand(args: string[], deploy: Deploy): Promise<never> {
  try {
    const settings = parseSettings(args);
    const { engines, trains } = settings;
    const open = () =>
      engines.length === 0 ? openSandboxModel() : openServedModel(engines, readEnv(), trains);
    await demo(settings, open, deploy);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

/**
 * Runs the demo on a model, from wherever an earlier run in the same folder stopped, and writes the report.
 * @throws CycleFailed when a cycle ends without a result; what keeps the services or the model from starting.
 */
export async function demo(
  settings: DemoSettings,
  open: () => Promise<DemoModel>,
  deploy: Deploy,
): Promise<DemoReport> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  mkdirSync(settings.out, { recursive: true });
  const workspace = openWorkspace(settings);
  const model = await open();
  try {
    say(
      `${model.method ? `One cycle of ${settings.iterations} iterations` : 'Debates and datasets'}: ${settings.agents} agents, ${settings.rounds} rounds, ${settings.train} training and ${settings.evaluation} evaluation problems, seed ${settings.seed}.`,
    );
    say(`The model is ${model.description}.`);
    if (workspace.continues) say('Continuing the unfinished run.');
    const report = await runDemo(
      settings,
      model,
      () => deploy(workspace.data, model.environment),
      createProgress(process.stdout, model.method ? settings.iterations : 0),
    );
    writeAtomically(join(settings.out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
    writeAtomically(join(settings.out, 'report.html'), reportHtml(report));
    workspace.finish();
    say(`\n${reportTables(report)}\n`);
    if (!model.method) say(`Datasets: ${datasetsFolder(settings)}`);
    say(
      `${report.seconds} s. Report: ${join(settings.out, 'report.html')} and ${join(settings.out, 'report.json')}`,
    );
    return report;
  } catch (error) {
    if (error instanceof CycleFailed) workspace.finish();
    throw error;
  } finally {
    await model.close();
  }
}
