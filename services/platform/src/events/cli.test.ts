import { describe, expect, it } from 'vitest';
import { parseCommand, runCommand } from './cli.ts';

describe('parseCommand', () => {
  it.each([
    ['dead-letters list --topic t', { name: 'dead-letters list', topic: 't', limit: 100 }],
    ['dead-letters list --topic t --limit 5', { name: 'dead-letters list', topic: 't', limit: 5 }],
    [
      'dead-letters replay --topic t --id e1',
      { name: 'dead-letters replay', topic: 't', id: 'e1' },
    ],
    ['dead-letters replay --all --topic=t', { name: 'dead-letters replay', topic: 't' }],
    ['lag --topic t --group g', { name: 'lag', topic: 't', group: 'g' }],
    [
      'rewind --topic t --group g --since 2026-01-31T12:00:00+01:00',
      { name: 'rewind', topic: 't', group: 'g', since: new Date('2026-01-31T11:00:00Z') },
    ],
  ])('reads %s', (line, command) => {
    expect(parseCommand(line.split(' '))).toEqual(command);
  });

  it.each([
    ['', "'' is not one of dead-letters list, dead-letters replay, rewind, lag"],
    ['dead-letters drop --topic t', "'dead-letters drop' is not one of"],
    ['lag --topic t --group g --verbose', '--verbose'],
    ['lag --topic t --group g --limit 3', "--limit: 'lag' does not take it"],
    ['lag --topic t', "--group: 'lag' needs it"],
    ['dead-letters list', "--topic: 'dead-letters list' needs it"],
    ['dead-letters list --topic t --limit 0', '--limit'],
    ['dead-letters replay --topic t', 'either --id or --all'],
    ['dead-letters replay --topic t --id e1 --all', 'either --id or --all'],
    ['rewind --topic t --group g --since yesterday', '--since'],
    ['rewind --topic t --group g --since 2026-01-31', '--since'],
  ])('refuses %j', (line, message) => {
    const error = { reason: 'INVALID_ARGUMENT', message: expect.stringContaining(message) };
    const args = line === '' ? [] : line.split(' ');
    expect(() => parseCommand(args)).toThrow(expect.objectContaining(error));
  });
});

it('says that it is for Kafka', async () => {
  const environment = { PARLEY_EVENTS: 'sqlite:parley.db' };
  const run = runCommand(['lag', '--topic', 't', '--group', 'g'], environment, () => {});
  await expect(run).rejects.toMatchObject({
    reason: 'INVALID_ARGUMENT',
    message: expect.stringContaining('PARLEY_EVENTS: this command is for Kafka'),
  });
});
