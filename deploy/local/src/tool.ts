import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ParleyError, readEnv } from '@parley/platform';

const execute = promisify(execFile);

/** The path of a program on PATH or in one of the further folders. */
export function findProgram(name: string, further: readonly string[] = []): string | undefined {
  const folders = (readEnv().PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...folders, ...further].map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs a program to its end, at most ten minutes.
 * @throws ParleyError UNAVAILABLE with the last lines of its output.
 */
export async function runTool(
  command: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  const [program = '', ...rest] = command;
  try {
    const { stdout } = await execute(program, rest, {
      timeout: 600_000,
      maxBuffer: 64 << 20,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...readEnv(), ...options.env },
    });
    return stdout;
  } catch (thrown) {
    const { stdout = '', stderr = '' } = thrown as { stdout?: string; stderr?: string };
    const lines = `${stdout}${stderr}`.trimEnd().split('\n').slice(-20).join('\n');
    throw new ParleyError('UNAVAILABLE', `${command.join(' ')} failed:\n${lines}`, {
      cause: thrown,
    });
  }
}

/** What a program is called elsewhere: packages of Debian and Ubuntu, of which the first that exists is taken, and of Homebrew. */
export type Packages = { debian: readonly string[]; brew: string };

/** Installs, one process at a time, the first package that exists, unless another process just has. */
const APT = `
name=$1; shift
command -v "$name" && exit
apt-get update -q
for package; do
  apt-get install -y -q --no-install-recommends "$package" && exit
done
exit 1`;

/**
 * The path of a program, installed by apt-get when it is missing and this process may.
 * @throws ParleyError FAILED_PRECONDITION saying what to install.
 */
export async function requireProgram(name: string, packages: Packages): Promise<string> {
  const present = findProgram(name);
  if (present !== undefined) return present;
  const apt = findProgram('apt-get') !== undefined && process.getuid?.() === 0;
  if (!apt)
    throw new ParleyError(
      'FAILED_PRECONDITION',
      `${name} is not on PATH; install it (Debian, Ubuntu: sudo apt-get install ${packages.debian[0]}; macOS: brew install ${packages.brew})`,
    );
  const lock = join(tmpdir(), 'parley-apt.lock');
  await runTool(['flock', lock, 'sh', '-c', APT, 'sh', name, ...packages.debian], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
  const installed = findProgram(name);
  if (installed === undefined)
    throw new ParleyError(
      'FAILED_PRECONDITION',
      `apt-get installed none of ${packages.debian.join(', ')} with the program ${name}; put it on PATH`,
    );
  return installed;
}
