import { createGrpcServer, ParleyError } from '@parley/platform';
import { type GradeRequest, VotingService } from '@parley/proto/voting';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createGrader, type Grader } from './grader.ts';

let grader: Grader;
let calls: GradeRequest[];
let stop: () => Promise<void>;

async function unused(): Promise<never> {
  throw new ParleyError('NOT_CONFIGURED', 'datasets do not use this');
}

beforeAll(async () => {
  const server = createGrpcServer({ host: '127.0.0.1', port: 0, onError: () => {} });
  server.add(VotingService, {
    tally: unused,
    extract: unused,
    async grade(request) {
      calls.push(request);
      return {
        results: request.pairs.map(({ answer, reference }) => ({ equal: answer === reference })),
      };
    },
    async *tallyBatch() {},
    async *extractBatch() {},
    async *gradeBatch() {},
  });
  const port = await server.start();
  grader = createGrader(`127.0.0.1:${port}`);
  stop = () => server.stop(0);
});

afterAll(async () => {
  grader.close();
  await stop();
});

beforeEach(() => {
  calls = [];
});

const signal = new AbortController().signal;

it('asks for the verdicts of a task in calls of bounded size, in the order of the pairs', async () => {
  const pairs = Array.from({ length: 2500 }, (_, at) => ({
    answer: `${at}`,
    reference: `${at - (at % 2)}`,
  }));
  const verdicts = await grader.equal('gsm8k', pairs, signal);
  expect(verdicts).toEqual(pairs.map(({ answer, reference }) => answer === reference));
  expect(calls.map(({ policy, pairs: { length } }) => [policy, length])).toEqual([
    ['gsm8k', 1000],
    ['gsm8k', 1000],
    ['gsm8k', 500],
  ]);
});

it('bounds the characters of a call, and sends nothing of what voting would refuse', async () => {
  const long = 'x'.repeat(2 ** 20);
  const pairs = Array.from({ length: 9 }, () => ({ answer: long, reference: '1' }));
  await grader.equal('math', pairs, signal);
  expect(calls.map(({ pairs: { length } }) => length)).toEqual([7, 2]);
  expect(await grader.equal('math', [{ answer: `${long}x`, reference: '1' }], signal)).toEqual([
    false,
  ]);
  expect(calls.at(-1)?.pairs[0]?.answer).toBe('');
});

it('asks nothing about nothing', async () => {
  expect(await grader.equal('math', [], signal)).toEqual([]);
  expect(calls).toEqual([]);
});
