import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { envToConfig, SERVICE_SETTINGS, withDefaults } from './config.ts';

const SETTINGS = {
  url: { variable: 'X_URL', schema: Type.String({ minLength: 1 }) },
  size: { variable: 'X_SIZE', schema: Type.Integer({ minimum: 1, default: 4 }) },
  strict: { variable: 'X_STRICT', schema: Type.Boolean({ default: false }) },
  key: { variable: 'X_KEY', schema: Type.Optional(Type.String()) },
};

describe('envToConfig', () => {
  it('converts, fills in defaults and freezes', () => {
    const config = envToConfig({ X_URL: 'u', X_STRICT: 'true', X_KEY: '' }, SETTINGS);
    expect(config).toEqual({ url: 'u', size: 4, strict: true });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('names every bad variable and what it held', () => {
    expect(() => envToConfig({ X_SIZE: 'many' }, SETTINGS)).toThrow(
      /X_URL must be set.*X_SIZE="many" must be integer|X_SIZE="many" must be integer.*X_URL must be set/,
    );
    expect(() => envToConfig({ X_URL: 'u', X_SIZE: '0' }, SETTINGS)).toThrow(
      'X_SIZE="0" must be >= 1',
    );
  });

  it.each(['1.5', '1e', ' '])('does not make an integer of %j', (text) => {
    expect(() => envToConfig({ X_URL: 'u', X_SIZE: text }, SETTINGS)).toThrow(
      `X_SIZE=${JSON.stringify(text)} must be integer`,
    );
  });

  it('reads a secret from a file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'parley-')), 'key');
    writeFileSync(file, 'secret\n');
    expect(envToConfig({ X_URL: 'u', X_KEY_FILE: file }, SETTINGS).key).toBe('secret');
    expect(() => envToConfig({ X_URL: 'u', X_KEY_FILE: '/none' }, SETTINGS)).toThrow(
      'X_KEY_FILE=/none',
    );
  });

  it('has a default for every service setting', () => {
    expect(envToConfig({}, SERVICE_SETTINGS)).toMatchObject({
      httpPort: 8080,
      logLevel: 'info',
    });
    expect(() => envToConfig({ PARLEY_LOG_LEVEL: 'loud' }, SERVICE_SETTINGS)).toThrow(
      'PARLEY_LOG_LEVEL="loud"',
    );
  });
});

describe('withDefaults', () => {
  it('fills in what is neither given nor read from a file', () => {
    const given = { A: 'a', B_FILE: '/b', C: '' };
    expect(withDefaults(given, { A: '1', B: '2', C: '3', D: '4' })).toEqual({
      A: 'a',
      B_FILE: '/b',
      C: '3',
      D: '4',
    });
  });
});
