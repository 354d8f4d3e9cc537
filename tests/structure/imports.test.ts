import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const SERVICES = ['inference', 'debate', 'voting', 'dataset', 'finetune'];
const files = readdirSync(join(root, 'services'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /^[^/]+\/src\/.*\.ts$/.test(file))
  .map((file) => {
    const source = readFileSync(join(root, 'services', file), 'utf8');
    return { file, source, imports: importsOf(source) };
  });

function importsOf(source: string): string[] {
  return [...source.matchAll(/(?:from|import\(|import|resolve\()\s*['"]([^'"\n]+)['"]/g)].map(
    (match) => match[1] as string,
  );
}

function serviceOf(file: string): string {
  return file.split('/')[0] as string;
}

/** Pairs `file → import` that break a rule; a test shows them all. */
function offending(allowed: (file: string, name: string) => boolean): string[] {
  return files.flatMap(({ file, imports }) =>
    imports.filter((name) => !allowed(file, name)).map((name) => `${file} → ${name}`),
  );
}

describe('imports', () => {
  it('sees the services', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(new Set(files.map(({ file }) => serviceOf(file)))).toContain('platform');
  });

  it('go from a service to platform and proto only; suite alone imports services', () => {
    expect(
      offending((file, name) => {
        if (!name.startsWith('@parley/') || serviceOf(file) === 'suite') return true;
        return name.startsWith('@parley/proto/') || name.startsWith('@parley/platform');
      }),
    ).toEqual([]);
  });

  it('do not reach into another package', () => {
    expect(
      offending((file, name) => {
        if (!name.startsWith('.')) return !/^@parley\/(?!proto\/)[^/]+\/src\//.test(name);
        const target = relative(
          join(root, 'services'),
          resolve(root, 'services', file, '..', name),
        );
        return serviceOf(target) === serviceOf(file);
      }),
    ).toEqual([]);
  });

  it('of domain code reach neither the outside nor other layers', () => {
    const PURE =
      /^(?:\.{1,2}\/|@parley\/platform$|fast-check$|vitest$|@cortex-js\/compute-engine$|typebox(?:\/value)?$|node:(?:assert|crypto|perf_hooks))/;
    const outside = offending((file, name) => {
      if (!/\/domain\//.test(file) || file.endsWith('.test.ts')) return true;
      return PURE.test(name) && !/(?:adapters|routes|rpc|context|service)(?:\/|\.ts)/.test(name);
    });
    expect(outside).toEqual([]);
  });

  it('of generated protobuf types stop at rpc, clients and events', () => {
    expect(
      offending((file, name) => {
        if (!name.startsWith('@parley/proto/') || !SERVICES.includes(serviceOf(file))) return true;
        return !/\/(?:domain|routes)\//.test(file);
      }),
    ).toEqual([]);
  });
});

describe('the environment', () => {
  it('is read in one place of the services', () => {
    const readers = files.filter(({ source }) => source.includes('process.env'));
    expect(readers.map(({ file }) => file)).toEqual(['platform/src/config.ts']);
  });
});
