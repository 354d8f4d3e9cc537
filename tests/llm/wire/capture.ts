import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { CASES } from './cases.ts';
import { FOLDER, normalised, type Recorded, requestsDigest } from './recorded.ts';
import { runCase } from './run-case.ts';
import { describeEngine, type Subject, truncateAdapter } from './subject.ts';

/** Asks an idle vLLM everything, and keeps what it answered in place of what was recorded before. */
async function capture(url: string, adapter: string): Promise<string> {
  const described = await describeEngine(url);
  const { version } = (await (await fetch(`${url}/version`)).json()) as { version: string };
  const copies = await mkdtemp(join(tmpdir(), 'parley-wire-'));
  const truncated = join(copies, 'truncated');
  const files = new Map<string, string>();
  try {
    await truncateAdapter(adapter, truncated);
    const engine: Subject = { ...described, adapter: resolve(adapter), truncated };
    for (const wireCase of CASES) {
      const { answers } = await runCase(wireCase, engine);
      const recorded: Recorded = {
        version,
        engine: { base: engine.base, maxModelLength: engine.maxModelLength },
        requests: requestsDigest(wireCase, engine),
        answers: answers.map(normalised),
      };
      files.set(`${wireCase.name}.json`, JSON.stringify(recorded, null, 2));
    }
  } finally {
    await rm(copies, { recursive: true, force: true });
  }
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER);
  for (const [name, text] of files) await writeFile(join(FOLDER, name), text);
  const biome = resolve(import.meta.dirname, '../../../node_modules/.bin/biome');
  await promisify(execFile)(biome, ['format', '--write', FOLDER]);
  return `${files.size} cases of vLLM ${version} recorded`;
}

const { values } = parseArgs({
  options: { url: { type: 'string' }, adapter: { type: 'string' } },
});
if (values.url === undefined || values.adapter === undefined) {
  process.stderr.write('usage: capture.ts --url http://host:port --adapter FOLDER\n');
  process.exitCode = 2;
} else process.stdout.write(`${await capture(values.url, values.adapter)}\n`);
