import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withDevelopmentEngine } from './development.ts';
import { createSuite } from './suite.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-suite-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

test('keeps its state in the data folder', async () => {
  await startAndStop({});
  expect(existsSync(join(folder, 'data/parley.db'))).toBe(true);
});

test.each([
  ['text', (url: string) => ({ PARLEY_STORE: url })],
  ['file', (url: string) => ({ PARLEY_STORE_FILE: fileOf(url) })],
])('keeps its state where a %s says', async (_, storeAt) => {
  const elsewhere = join(folder, 'elsewhere.db');
  await startAndStop({
    ...storeAt(`sqlite:${elsewhere}`),
    PARLEY_EVENTS: `sqlite:${join(folder, 'events.db')}`,
  });
  expect(existsSync(elsewhere)).toBe(true);
  expect(existsSync(join(folder, 'data/parley.db'))).toBe(false);
});

test('starts no development engine beside engines that a file names', async () => {
  const environment = { PARLEY_ENGINES_FILE: fileOf('http://127.0.0.1:8000') };
  expect(await withDevelopmentEngine(environment)).toEqual({ environment });
});

function fileOf(text: string): string {
  const file = join(folder, 'setting');
  writeFileSync(file, `${text}\n`);
  return file;
}

async function startAndStop(environment: Record<string, string>): Promise<void> {
  const suite = await createSuite({
    PARLEY_LOG_LEVEL: 'silent',
    PARLEY_HTTP_PORT: '0',
    PARLEY_GRPC_PORT: '0',
    PARLEY_ADMIN_PORT: '0',
    PARLEY_DATA: join(folder, 'data'),
    ...environment,
  });
  try {
    await suite.start();
  } finally {
    await suite.destroy();
  }
}
