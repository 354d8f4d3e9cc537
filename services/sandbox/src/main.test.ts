import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('./main.ts', import.meta.url));

async function start(...flags: string[]) {
  const child = spawn(process.execPath, [script, ...flags], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, url: (JSON.parse(String(line)) as { url: string }).url };
}

describe('main.ts', () => {
  it('says where it listens, and ends with 0 on SIGTERM', async () => {
    const { child, url } = await start('--served-model-name', 'tiny', '--max-model-len', '99');
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const models = await (await fetch(`${url}/v1/models`)).json();
    expect(models).toMatchObject({ data: [{ id: 'tiny', max_model_len: 99 }] });
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('ends when its standard input closes, if asked to', async () => {
    const { child } = await start('--exit-with-parent');
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
