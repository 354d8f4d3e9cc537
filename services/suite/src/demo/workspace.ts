import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoSettings } from './settings.ts';

/** The folder of one run: everything that lets a run which was killed go on. */
export type Workspace = {
  data: string;
  /** True when an unfinished run of the same settings was found. */
  continues: boolean;
  /** Marks the run as ended, so that the next one starts anew. */
  finish(): void;
};

/**
 * Opens the run's folder. An unfinished run with the same settings is continued; anything else that stands
 * there is removed first.
 */
export function openWorkspace(settings: DemoSettings): Workspace {
  const data = join(settings.out, 'demo');
  const settingsFile = join(data, 'settings.json');
  const finished = join(data, 'finished');
  const wanted = JSON.stringify(settings);
  const found = existsSync(settingsFile) ? readFileSync(settingsFile, 'utf8') : undefined;
  const continues = found === wanted && !existsSync(finished);
  if (!continues) {
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data, { recursive: true });
    writeAtomically(settingsFile, wanted);
  }
  return { data, continues, finish: () => writeAtomically(finished, '') };
}

/** Writes a file so that it is there whole or not at all, also after a kill. */
export function writeAtomically(file: string, content: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, file);
}
