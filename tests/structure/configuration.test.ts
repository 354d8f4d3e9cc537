import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALL_SETTINGS, configurationDocument } from '../ci/configuration.ts';

const services = resolve(import.meta.dirname, '../../services');
const documented = new Set(
  [...configurationDocument().matchAll(/^\| `(PARLEY_[A-Z0-9_]+)` \|/gm)].map(([, name]) => name),
);
const settings = Object.values(ALL_SETTINGS).flatMap((all) => Object.values(all));

describe('docs/configuration.md', () => {
  it('has a row for every setting', () => {
    expect(settings.length).toBeGreaterThan(40);
    expect(settings.filter(({ variable }) => !documented.has(variable))).toEqual([]);
  });

  it('says of every setting what it means', () => {
    const bare = settings.filter(({ schema }) => !('description' in schema));
    expect(bare.map(({ variable }) => variable)).toEqual([]);
  });

  it('has a row for every variable that the services name', () => {
    const named = readdirSync(services, { recursive: true, encoding: 'utf8' })
      .filter((file) => /^[^/]+\/src\/.*\.ts$/.test(file))
      .flatMap((file) => readFileSync(join(services, file), 'utf8').match(/PARLEY_\w+/g) ?? [])
      .map((name) => name.replace(/_FILE$/, ''));
    expect(named.length).toBeGreaterThan(100);
    expect([...new Set(named)].filter((name) => !documented.has(name))).toEqual([]);
  });
});
