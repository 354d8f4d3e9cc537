import { describe, expect, it } from 'vitest';
import { redisKeys, SHARDS, shardOf, shardOwner } from './redis-keys.ts';

describe('shardOf', () => {
  it('spreads owners evenly', () => {
    const counts = Array.from({ length: SHARDS }, () => 0);
    for (let n = 0; n < 16_000; n += 1) {
      const shard = shardOf(`debate_${n}`);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  });

  it('never changes, for it is part of the stored data', () => {
    expect(['a', 'b', 'debate_1', 'Größe'].map(shardOf)).toMatchInlineSnapshot(`
      [
        0,
        9,
        5,
        4,
      ]
    `);
  });

  it('takes the owner that stands for a shard as that shard', () => {
    for (let shard = 0; shard < SHARDS; shard += 1) expect(shardOf(shardOwner(shard))).toBe(shard);
    for (const other of ['shard-16', 'shard-01', 'shard-', 'shard-1.5'])
      expect(Number.isInteger(shardOf(other))).toBe(true);
  });
});

describe('redisKeys', () => {
  it('puts all keys of a shard under one hash tag and keeps names apart', () => {
    const keys = redisKeys('debate');
    const shard = shardOf('a');
    for (const key of [keys.record('a', 'state'), keys.stream('a', 's'), keys.waiting(shard, 'q')])
      expect(key.startsWith(`parley:{debate.${shard}}:`)).toBe(true);
    expect(keys.record('a/b', 'c').split('}')[1]).not.toBe(keys.record('a', 'b/c').split('}')[1]);
  });
});
