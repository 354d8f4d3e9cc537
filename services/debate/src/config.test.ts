import { expect, test } from 'vitest';
import { envToDebateConfig } from './config.ts';

test('defaults', () => {
  expect(envToDebateConfig({})).toMatchObject({
    inferenceAddress: '127.0.0.1:9090',
    votingAddress: '127.0.0.1:9090',
    interactiveConcurrency: 256,
    batchConcurrency: 128,
    outageSeconds: 600,
  });
});

test.each([
  ['PARLEY_INFERENCE_ADDRESS', 'http://inference:9090'],
  ['PARLEY_VOTING_ADDRESS', 'voting'],
  ['PARLEY_DEBATE_INTERACTIVE_CONCURRENCY', '0'],
  ['PARLEY_DEBATE_BATCH_CONCURRENCY', 'many'],
  ['PARLEY_DEBATE_OUTAGE_SECONDS', '-1'],
])('%s=%s is refused by name', (variable, value) => {
  expect(() => envToDebateConfig({ [variable]: value })).toThrow(`${variable}="${value}"`);
});
