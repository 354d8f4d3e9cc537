import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const WORLD = join(import.meta.dirname, 'engine-discovery-world.ts');

type Step = { says: string[] | string; urls: string[]; error: string; asked: string[] };

/** Needs Linux with user namespaces: only there can the system's resolver be given a name server of one's own. */
async function runWorld(): Promise<Step[]> {
  const { stdout } = await promisify(execFile)('unshare', [
    '--map-root-user',
    '--net',
    '--mount',
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    WORLD,
  ]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Step);
}

describe('engines behind a name of a real name server', () => {
  it('come and go as it says, and stay while it fails', async () => {
    const first = 'http://127.0.1.1:8000';
    const second = 'http://127.0.1.2:8000';
    const steps = await runWorld();
    expect(steps.map(({ says, urls, error }) => ({ says, urls, error }))).toEqual([
      { says: ['127.0.1.1'], urls: [first], error: '' },
      { says: ['127.0.1.1', '127.0.1.2'], urls: [first, second], error: '' },
      { says: 'fail', urls: [first, second], error: 'getaddrinfo EAI_AGAIN vllm' },
      { says: ['127.0.1.2'], urls: [second], error: '' },
      { says: 'silent', urls: [second], error: 'getaddrinfo EAI_AGAIN vllm' },
      { says: ['127.0.1.1', '127.0.1.2'], urls: [first, second], error: '' },
      { says: [], urls: [first, second], error: 'getaddrinfo ENOTFOUND vllm' },
    ]);
    expect(steps[0]?.asked).toEqual(['vllm.models.example']);
  });
});
