import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256 } from './digest.ts';
import { Resources } from './lifecycle.ts';

describe('Resources', () => {
  it('releases last-in first-out, goes on past failures and throws the first', async () => {
    const order: string[] = [];
    const resources = new Resources();
    await resources.acquire(
      'a',
      () => 'a',
      (name) => void order.push(name),
    );
    resources.add('b', () => {
      order.push('b');
      throw new Error('b failed');
    });
    resources.add('c', () => void order.push('c'));
    await expect(resources.release()).rejects.toThrow('releasing b failed');
    await expect(resources.release()).rejects.toThrow('releasing b failed');
    expect(order).toEqual(['c', 'b', 'a']);
    expect(() => resources.add('late', () => {})).toThrow('late');
  });
});

describe('canonicalJson', () => {
  it('is equal for equal values whatever the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: 1, c: 2 }], a: undefined })).toBe('{"b":[1,{"c":2,"d":1}]}');
    expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});
