import type { Artifacts } from '@parley/platform';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Problem } from '../domain/batch.ts';
import { problemsOf } from './problems.ts';

/** Artifacts of one object that is handed out in pieces of so many bytes. */
function inPieces(text: string, size: number): Pick<Artifacts, 'stream'> {
  return {
    async *stream() {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    },
  };
}

async function read(text: string, size = 7): Promise<Problem[]> {
  const ref = { uri: 'artifact:problems', sha256: '' };
  const problems: Problem[] = [];
  for await (const problem of problemsOf(inPieces(text, size), ref)) problems.push(problem);
  return problems;
}

test('lines are read whatever the pieces they come in, without their answers', async () => {
  const question = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.trim() !== '');
  await fc.assert(
    fc.asyncProperty(fc.array(question), fc.integer({ min: 1, max: 50 }), async (all, size) => {
      const lines = all.map((one, at) => ({ id: `p${at}`, question: one, answer: '1' }));
      const text = lines.map((line) => JSON.stringify(line)).join('\n\n');
      expect(await read(text, size)).toEqual(lines.map(({ id, question }) => ({ id, question })));
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['{"id":"a","question":"q"}\n{', 'DATA_CORRUPT', 'line 2 is not JSON'],
  ['null', 'DATA_CORRUPT', 'line 1 has no "id"'],
  ['{"id":7,"question":"q"}', 'DATA_CORRUPT', 'line 1 has no "id"'],
  ['{"id":"a"}', 'DATA_CORRUPT', 'line 1 has no "question"'],
  ['{"id":"a","question":" "}', 'INVALID_ARGUMENT', 'line 1: question: must not be empty'],
  [`{"id":"a","question":"${'x'.repeat(2 ** 21)}`, 'LIMIT_EXCEEDED', 'line 1 is longer than'],
])('%.30s is refused', async (text, reason, message) => {
  await expect(read(text, 65_536)).rejects.toMatchObject({
    reason,
    message: expect.stringContaining(message),
  });
});
