import { ParleyError } from '@parley/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Said, startInference } from '../testing/inference.ts';
import { createJudges, type Judges } from './judge.ts';

let inference: Awaited<ReturnType<typeof startInference>>;
let judges: Judges;
let outcomes: string[] = [];

beforeAll(async () => {
  inference = await startInference();
  judges = createJudges(inference.address, (outcome) => outcomes.push(outcome));
});

afterAll(async () => {
  judges.close();
  await inference.stop();
});

beforeEach(() => {
  inference.asked.length = 0;
  outcomes = [];
});

const QUESTION = { society: 'trio', question: 'What is 1+1?' };
const signal = new AbortController().signal;

describe('a judge', () => {
  it('is the base model of a society, asked once for a letter at temperature 0', async () => {
    inference.say({ text: 'The answer is (B).' });
    expect(await judges.ask(QUESTION, ['3', '2'], signal)).toBe(1);
    expect(inference.asked).toMatchObject([
      {
        society: 'trio',
        revision: 0,
        calls: [{ seat: 'base', sampling: { temperature: 0 } }],
      },
    ]);
    const prompt = inference.asked[0]?.calls[0]?.messages[0]?.content;
    expect(prompt).toContain('What is 1+1?');
    expect(prompt).toContain('(A) 3\n(B) 2\n');
    expect(outcomes).toEqual(['chosen']);
  });

  it.each<[Said, string]>([
    [{ text: 'I cannot say.' }, 'unreadable'],
    [{ text: 'C' }, 'unreadable'],
    [{ failure: 'ENGINE_FAILED' }, 'failed'],
    ['nothing', 'failed'],
    [new ParleyError('NOT_FOUND', "there is no society 'trio'"), 'failed'],
  ])('chooses nothing on %o', async (said, outcome) => {
    inference.say(said);
    expect(await judges.ask(QUESTION, ['3', '2'], signal)).toBeUndefined();
    expect(outcomes).toEqual([outcome]);
  });

  it('is not asked about more answers than there are letters', async () => {
    const answers = ['1', '2', '3', '4', '5', '6'];
    expect(await judges.ask(QUESTION, answers, signal)).toBeUndefined();
    expect(inference.asked).toEqual([]);
    expect(outcomes).toEqual(['too-many']);
  });
});
