import { describe, expect, it } from 'vitest';
import { describeTarget, parseRedisUrl } from './redis-url.ts';

const a = { host: 'a', port: 1 };
const b = { host: 'b', port: 2 };

describe('parseRedisUrl', () => {
  it.each([
    ['redis://a:1', { kind: 'single', nodes: [a], database: 0 }],
    ['redis://a', { kind: 'single', nodes: [{ host: 'a', port: 6379 }], database: 0 }],
    ['redis://a:1/', { kind: 'single', nodes: [a], database: 0 }],
    ['redis://[::1]:1/3', { kind: 'single', nodes: [{ host: '::1', port: 1 }], database: 3 }],
    [
      'rediss://me:p%40ss@a:1/2?ca=/etc/ca.pem',
      {
        kind: 'single',
        nodes: [a],
        database: 2,
        username: 'me',
        password: 'p@ss',
        tls: { ca: '/etc/ca.pem' },
      },
    ],
    ['redis://:pw@a:1', { kind: 'single', nodes: [a], database: 0, password: 'pw' }],
    ['redis+cluster://a:1,b:2', { kind: 'cluster', nodes: [a, b] }],
    [
      'rediss+cluster://u:p@a:1,b:2',
      { kind: 'cluster', nodes: [a, b], username: 'u', password: 'p', tls: {} },
    ],
    ['redis+sentinel://a:1,b:2/mymaster', { kind: 'sentinel', nodes: [a, b], master: 'mymaster' }],
    [
      'redis+sentinel://a/my%20master',
      { kind: 'sentinel', nodes: [{ host: 'a', port: 26379 }], master: 'my master' },
    ],
  ])('reads %s', (url, target) => {
    expect(parseRedisUrl(url)).toEqual(target);
  });

  it.each([
    ['redis:a', /must be redis:/],
    ['redis+proxy://u:secret@a', /must be redis:/],
    ['redis://', /host and a port/],
    ['redis://u:secret@a:port', /'a:port' must be a host and a port/],
    ['redis://a:0', /'a:0'/],
    ['redis://a:70000', /'a:70000'/],
    ['redis://a:1,b:2', /several hosts/],
    ['redis+cluster://a:1,', /'' must be a host/],
    ['redis+cluster://a:1/0', /one database/],
    ['redis+sentinel://a:1', /name of the master/],
    ['redis://u:secret@a:1/x', /database must be a number/],
    ['redis://secret@a:1', /user:password/],
    ['redis://u:secret%@a:1', /password must be percent-encoded/],
    ['rediss://u:secret/more@a:1/0', /percent-encoded: \/ is written %2F/],
    ['rediss://u:12/secret@a:1/0', /percent-encoded: \/ is written %2F/],
    ['rediss://u:12?secret@a:1/0', /percent-encoded: \/ is written %2F/],
    ['redis://a:1?ca=/x', /use rediss/],
    ['rediss://u:secret@a:1?cert=/x', /'cert' is unknown/],
  ])('refuses %s, naming what is wrong and no password', (url, message) => {
    let thrown: unknown;
    try {
      parseRedisUrl(url);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      reason: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
    expect(String(thrown)).not.toContain('secret');
  });

  it('names the hosts without the password', () => {
    expect(describeTarget(parseRedisUrl('redis+cluster://u:secret@a:1,b:2'))).toBe('a:1,b:2');
  });
});
