import { expect, it } from 'vitest';
import { answered } from './kafka-deadline.ts';

it.each([
  ['says that it may', Object.assign(new Error('not yet'), { retriable: true })],
  ['is a TypeError of the client', new TypeError("Cannot destructure property 'partitions'")],
])('asks again when the failure %s', async (_, failure) => {
  const answers = [Promise.reject(failure), Promise.resolve('answer')];
  for (const answer of answers) answer.catch(() => {});
  const ask = () => answers.shift() as Promise<string>;
  expect(await answered(5_000, 'offsets', ask)).toBe('answer');
});

it('does not ask again for what stays refused', async () => {
  let asked = 0;
  const ask = async () => {
    asked += 1;
    throw new Error('not allowed');
  };
  const refused = { reason: 'UNAVAILABLE', message: 'offsets: not allowed' };
  await expect(answered(5_000, 'offsets', ask)).rejects.toMatchObject(refused);
  expect(asked).toBe(1);
});
