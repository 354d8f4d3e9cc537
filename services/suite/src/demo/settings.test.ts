import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSettings } from './settings.ts';
import { openWorkspace } from './workspace.ts';

describe('parseSettings', () => {
  it('has the sizes of the method as defaults', () => {
    expect(parseSettings([])).toEqual({
      seed: 1,
      iterations: 5,
      agents: 3,
      rounds: 2,
      train: 500,
      evaluation: 500,
      out: 'out',
      engines: [],
      trains: false,
    });
  });

  it.each([
    [['--seed', 'x'], '--seed x: must be an integer from 0'],
    [['--agents', '17'], '--agents 17: must be an integer from 1 to 16'],
    [['--train', ''], '--train'],
    [['--engine', 'localhost:8000'], '--engine localhost:8000: must be a URL'],
    [['--engine', 'http://a:1', '--trainer', 'x'], '--trainer x: must be local or none'],
    [['--trainer', 'local'], 'is for --engine'],
  ])('refuses %j', (args, words) => {
    expect(() => parseSettings(args)).toThrow(words);
  });
});

describe('openWorkspace', () => {
  const out = () => mkdtempSync(join(tmpdir(), 'parley-demo-'));

  it('continues an unfinished run with the same settings', () => {
    const settings = parseSettings(['--out', out()]);
    const first = openWorkspace(settings);
    writeFileSync(join(first.data, 'state'), '');
    const second = openWorkspace(settings);
    expect([first.continues, second.continues]).toEqual([false, true]);
    expect(existsSync(join(second.data, 'state'))).toBe(true);
  });

  it('starts anew after a finished run and with other settings', () => {
    const settings = parseSettings(['--out', out()]);
    const first = openWorkspace(settings);
    writeFileSync(join(first.data, 'state'), '');
    expect(openWorkspace({ ...settings, seed: 2 }).continues).toBe(false);
    expect(existsSync(join(first.data, 'state'))).toBe(false);
    openWorkspace({ ...settings, seed: 2 }).finish();
    expect(openWorkspace({ ...settings, seed: 2 }).continues).toBe(false);
  });
});
