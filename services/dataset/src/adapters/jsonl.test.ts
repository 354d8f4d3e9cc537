import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readProblems } from './jsonl.ts';

async function* pieces(text: string | Buffer, size = 7): AsyncIterable<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('readProblems', () => {
  it('reads GSM8K as it is published', async () => {
    const text = await readFile(new URL('../fixtures/gsm8k-20.jsonl', import.meta.url));
    const problems = await readProblems(pieces(text, 1000), 'evaluation');
    expect(problems).toHaveLength(20);
    expect(problems[0]).toMatchObject({
      id: 'evaluation-00001',
      question: expect.stringContaining('Janet’s ducks'),
      answer: expect.stringContaining('#### 18'),
    });
  });

  it('puts lines together whatever pieces they come in', async () => {
    const text = '{"question":"é?","answer":"1"}\r\n\n{"question":"b","answer":"2","id":"x/1"}';
    for (const size of [1, 2, 1000])
      expect(await readProblems(pieces(text, size), 'train')).toEqual([
        { id: 'train-00001', question: 'é?', answer: '1' },
        { id: 'x/1', question: 'b', answer: '2' },
      ]);
  });

  const good = '{"question":"a","answer":"1","id":"x"}\n';
  it.each([
    ['a bad line', `${good}{"question":"b"}\n`, 'line 2.answer'],
    ['an id twice', `${good}\n${good}`, 'line 3.id'],
    ['no problem', '\n\n', 'body'],
    ['other bytes than UTF-8', Buffer.from([...Buffer.from(good), 0xff]), 'body'],
    ['a line without end', `"${'x'.repeat(1024 * 1024 + 7)}`, 'line 1'],
  ])('refuses %s', async (_name, text, field) => {
    await expect(readProblems(pieces(text, 65_536), 'train')).rejects.toMatchObject({ field });
  });
});
