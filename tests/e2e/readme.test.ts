import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] as string);
const data = mkdtempSync(join(tmpdir(), 'parley-readme-'));
const run = promisify(execFile);

let suite: ReturnType<typeof spawn>;
let address = '';

beforeAll(async () => {
  suite = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'services/suite/src/main.ts')],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        // biome-ignore lint/style/noProcessEnv: a child inherits the environment
        ...process.env,
        PARLEY_DATA: data,
        PARLEY_HTTP_PORT: '0',
        PARLEY_GRPC_PORT: '0',
        PARLEY_ADMIN_PORT: '0',
        PARLEY_ADDRESSES_JSON: 'true',
      },
    },
  );
  for await (const line of createInterface({ input: suite.stdout as NodeJS.ReadableStream })) {
    if (!line.startsWith('{')) continue;
    address = (JSON.parse(line) as { http: string }).http;
    break;
  }
  expect(address).toMatch(/^http:/);
});

afterAll(async () => {
  const gone = once(suite, 'exit');
  suite.kill('SIGTERM');
  await gone;
  rmSync(data, { recursive: true, force: true });
});

/** What each block with curl must print, in the order of the README. */
const EXPECTED: RegExp[] = [
  /"name":"arithmetic"[\s\S]*"societies"|"name":"arithmetic"[\s\S]*"items"/,
  /"status":"completed"[\s\S]*"vote":\{"answer":"-27"/,
  /event: turn[\s\S]*event: ended/,
  /"status":"completed"[\s\S]*"strategies"/,
  /"seat":"gen-1"[\s\S]*"sha256"[\s\S]*"role"/,
  /"problems":1/,
  /"members":\["a","b"\][\s\S]*"equal":true,"rule":"symbolic"/,
];

describe('the commands of the README', () => {
  const commands = blocks.filter((block) => block.includes('curl'));

  it('are the ones that this test knows', () => {
    expect(commands).toHaveLength(EXPECTED.length);
  });

  it.each(commands.map((block, index) => [block.split('\n')[0] as string, block, index] as const))(
    '%s',
    async (_title, block, index) => {
      const script = block.replaceAll('http://127.0.0.1:8080', address);
      const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], {
        timeout: 120_000,
      });
      expect(stdout).not.toContain('urn:parley:reason');
      expect(stdout).toMatch(EXPECTED[index] as RegExp);
    },
  );
});
