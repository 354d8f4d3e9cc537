import { expect, it } from 'vitest';
import { createMailbox } from './mailbox.ts';

it('hands out what is put in, in order, before and while it is read', async () => {
  const mailbox = createMailbox<number>();
  mailbox.put(1);
  const read: number[] = [];
  const reading = (async () => {
    for await (const item of mailbox.read()) {
      read.push(item);
      if (item === 2) mailbox.put(3);
    }
  })();
  await Promise.resolve();
  mailbox.put(2);
  await new Promise(setImmediate);
  expect(read).toEqual([1, 2, 3]);
  mailbox.put(4);
  mailbox.end();
  await reading;
  expect(read).toEqual([1, 2, 3, 4]);
});

it('ends with an error at once', async () => {
  const mailbox = createMailbox<number>();
  mailbox.put(1);
  mailbox.end(new Error('gone'));
  await expect(mailbox.read().next()).rejects.toThrow('gone');
});
