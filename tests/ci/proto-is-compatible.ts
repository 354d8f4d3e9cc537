import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * Compares proto/ with the last release's by `buf breaking`. Releases are tags `v*`; before the first one
 * there is nothing that could be broken, and that is said.
 */
const root = resolve(import.meta.dirname, '../..');
const git = (...args: string[]) => execFileSync('git', args, { cwd: root, maxBuffer: 1 << 28 });
const release = git('tag', '--list', 'v*', '--sort=-v:refname').toString().split('\n')[0];
if (!release) {
  process.stdout.write('proto compatibility: no release yet to compare with\n');
} else {
  const work = mkdtempSync(join(root, 'node_modules/.released-'));
  try {
    mkdirSync(join(work, 'proto'));
    execFileSync('tar', ['-x', '-C', work], { input: git('archive', release, 'proto') });
    execFileSync(
      join(root, 'node_modules/.bin/buf'),
      ['breaking', 'proto', '--against', join(work, 'proto')],
      {
        cwd: root,
        stdio: 'inherit',
      },
    );
  } finally {
    rmSync(work, { recursive: true });
  }
}
