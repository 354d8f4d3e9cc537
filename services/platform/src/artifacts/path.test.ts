import { isAbsolute, join, normalize, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkArtifactPath, checkArtifactUri } from './path.ts';

describe('checkArtifactPath', () => {
  it.each(['a', 'a/b.json', '.hidden/…/ü', `${'x'.repeat(255)}/y`, 'a..b/c.', 'a b'])(
    'accepts %j',
    (path) => {
      expect(checkArtifactPath(path)).toBe(path);
      expect(checkArtifactUri(`artifact:${path}`)).toBe(path);
    },
  );

  it.each(['', '/', '/a', 'a/', 'a//b', '.', '..', './a', 'a/..', 'a\0b', 'a\\b', 'a\u0085b'])(
    'refuses %j',
    (path) => expect(() => checkArtifactPath(path)).toThrow(/path/),
  );

  it('refuses what is too long, and broken Unicode', () => {
    expect(() => checkArtifactPath(`${'a/'.repeat(256)}a`)).toThrow(/512/);
    expect(() => checkArtifactPath('x'.repeat(256))).toThrow(/255/);
    expect(() => checkArtifactPath('ü'.repeat(128))).toThrow(/255/);
    expect(() => checkArtifactPath('\ud800')).toThrow(/Unicode/);
  });

  it('accepts no path that leaves the folder or names a file in two ways', () => {
    const segment = fc.oneof(
      fc.constantFrom('..', '.', '', '...', 'a', '/', '\\', '\n', '%2e%2e'),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
        const path = segments.join('/');
        try {
          checkArtifactPath(path);
        } catch {
          return;
        }
        const inside = relative('/root/objects', join('/root/objects', path));
        expect(inside).toBe(path);
        expect(normalize(path)).toBe(path);
        expect(isAbsolute(path)).toBe(false);
      }),
    );
  });
});
