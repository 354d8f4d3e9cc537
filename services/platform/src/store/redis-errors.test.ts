import { ReplyError } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { isPassing, refusal, replyCode } from './redis-errors.ts';

const reply = (message: string): Error =>
  Object.assign(new ReplyError(message) as Error, { command: { args: ['secret'] } });

describe('errors of Redis', () => {
  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", 'OVERLOADED', /maxmemory/],
    ["READONLY You can't write against a read only replica.", 'UNAVAILABLE', /replica now/],
    ['MISCONF Redis is configured to save RDB snapshots', 'UNAVAILABLE', /disk/],
    ['MOVED 1 10.0.0.1:6379', 'UNAVAILABLE', /redis\+cluster/],
    ['NOAUTH Authentication required.', 'UNAVAILABLE', /password/],
    ['WRONGTYPE Operation against a key', 'INTERNAL', /WRONGTYPE/],
    ['ERR unknown command', 'INTERNAL', /unknown command/],
  ])('tells what %s means', (message, reason, words) => {
    const error = refusal(reply(message), 'a:1');
    expect(error).toMatchObject({ reason, message: expect.stringMatching(words) });
    expect(error.message).toContain('a:1');
    expect(error.cause).toBeUndefined();
  });

  it('knows what passes, and what is no answer at all', () => {
    expect(isPassing(reply('LOADING Redis is loading the dataset in memory'))).toBe(true);
    expect(isPassing(reply('CLUSTERDOWN The cluster is down'))).toBe(true);
    expect(isPassing(reply('OOM'))).toBe(false);
    expect(isPassing(new Error('LOADING'))).toBe(false);
    expect(replyCode(new Error('Connection is closed.'))).toBe('');
    expect(replyCode(reply('NOSCRIPT No matching script.'))).toBe('NOSCRIPT');
  });
});
