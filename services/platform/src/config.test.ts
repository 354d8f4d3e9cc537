import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { envToConfig, SERVICE_VARIABLES, ServiceSettings } from './config.ts';

const schema = Type.Object({
  url: Type.String({ minLength: 1 }),
  size: Type.Integer({ minimum: 1, default: 4 }),
  strict: Type.Boolean({ default: false }),
  key: Type.Optional(Type.String()),
});
const variables = { url: 'X_URL', size: 'X_SIZE', strict: 'X_STRICT', key: 'X_KEY' };

describe('envToConfig', () => {
  it('converts, fills in defaults and freezes', () => {
    const config = envToConfig({ X_URL: 'u', X_STRICT: 'true', X_KEY: '' }, schema, variables);
    expect(config).toEqual({ url: 'u', size: 4, strict: true });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('names every bad variable and what it held', () => {
    expect(() => envToConfig({ X_SIZE: 'many' }, schema, variables)).toThrow(
      /X_URL must be set.*X_SIZE="many" must be integer|X_SIZE="many" must be integer.*X_URL must be set/,
    );
    expect(() => envToConfig({ X_URL: 'u', X_SIZE: '0' }, schema, variables)).toThrow(
      'X_SIZE="0" must be >= 1',
    );
  });

  it.each(['1.5', '1e', ' '])('does not make an integer of %j', (text) => {
    expect(() => envToConfig({ X_URL: 'u', X_SIZE: text }, schema, variables)).toThrow(
      `X_SIZE=${JSON.stringify(text)} must be integer`,
    );
  });

  it('reads a secret from a file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'parley-')), 'key');
    writeFileSync(file, 'secret\n');
    expect(envToConfig({ X_URL: 'u', X_KEY_FILE: file }, schema, variables).key).toBe('secret');
    expect(() => envToConfig({ X_URL: 'u', X_KEY_FILE: '/none' }, schema, variables)).toThrow(
      'X_KEY_FILE=/none',
    );
  });

  it('has a default for every service setting', () => {
    expect(envToConfig({}, ServiceSettings, SERVICE_VARIABLES)).toMatchObject({
      httpPort: 8080,
      logLevel: 'info',
    });
    expect(() =>
      envToConfig({ PARLEY_LOG_LEVEL: 'loud' }, ServiceSettings, SERVICE_VARIABLES),
    ).toThrow('PARLEY_LOG_LEVEL="loud"');
  });
});
