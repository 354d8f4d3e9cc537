import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { CONFIGURATION_FILE, configurationDocument } from './configuration.ts';

/** Generates the code from proto/ and the table of settings once more, and compares them with what is committed. */
const root = resolve(import.meta.dirname, '../..');
const bin = join(root, 'node_modules/.bin');
const work = mkdtempSync(join(root, 'node_modules/.generated-'));
try {
  cpSync(join(root, 'proto'), work, { recursive: true });
  execFileSync(join(bin, 'buf'), ['generate'], {
    cwd: work,
    stdio: 'inherit',
    // biome-ignore lint/style/noProcessEnv: the generator finds its plugin on the path
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
  });
  const committed = filesIn(join(root, 'proto/gen'));
  const generated = filesIn(join(work, 'gen'));
  const stale = [...new Set([...committed.keys(), ...generated.keys()])].filter(
    (file) => committed.get(file) !== generated.get(file),
  );
  if (readFileSync(join(root, CONFIGURATION_FILE), 'utf8') !== configurationDocument())
    stale.push(CONFIGURATION_FILE);
  if (stale.length > 0) {
    process.stderr.write(`generated files are not current (make generate): ${stale.join(', ')}\n`);
    process.exitCode = 1;
  }
} finally {
  rmSync(work, { recursive: true });
}

function filesIn(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  return new Map(
    names.map((one) => {
      const file = join(one.parentPath, one.name);
      return [file.slice(folder.length + 1), readFileSync(file, 'utf8')];
    }),
  );
}
