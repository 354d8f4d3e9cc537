import { expect, it } from 'vitest';
import { createTurns } from './turns.ts';

function takeAll<T>(turns: { take(): T | undefined }): T[] {
  const all: T[] = [];
  for (let item = turns.take(); item !== undefined; item = turns.take()) all.push(item);
  return all;
}

it('lets callers take turns, each with its oldest item', () => {
  const turns = createTurns<string, string>();
  for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) turns.add(item.charAt(0), item);
  expect(turns.size).toBe(6);
  expect(turns.take()).toBe('a1');
  turns.add('d', 'd1');
  expect(takeAll(turns)).toEqual(['b1', 'c1', 'a2', 'd1', 'b2', 'a3']);
  expect(turns.size).toBe(0);
});

it('forgets what is removed', () => {
  const turns = createTurns<string, string>();
  for (const item of ['a1', 'a2', 'b1']) turns.add(item.charAt(0), item);
  turns.remove('a', 'a1');
  turns.remove('b', 'b1');
  turns.remove('b', 'b1');
  expect(turns.size).toBe(1);
  expect(takeAll(turns)).toEqual(['a2']);
});

it('gives out all at once', () => {
  const turns = createTurns<string, string>();
  for (const item of ['a1', 'b1', 'a2']) turns.add(item.charAt(0), item);
  expect(turns.clear().toSorted()).toEqual(['a1', 'a2', 'b1']);
  expect([turns.size, turns.take()]).toEqual([0, undefined]);
});
