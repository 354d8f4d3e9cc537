import { DEFAULT_PROMPTS } from '@parley/platform';
import { describe, expect, test } from 'vitest';
import { specWith } from '../testing/simulate.ts';
import { type DebateRequest, resolveSpec, type SocietyFacts } from './spec.ts';

const society: SocietyFacts = {
  name: 'maths',
  agents: 3,
  protocol: specWith().protocol,
  currentRevision: 2,
  latestRevision: 4,
};
const request: DebateRequest = { society: 'maths', question: '1+1?' };

test('a bare request is completed by the defaults of its society', () => {
  expect(resolveSpec(request, society, 99)).toEqual(
    specWith({ question: '1+1?', revision: 2, seed: 99 }),
  );
});

test('prompts are those of its society', () => {
  const prompts = { ...DEFAULT_PROMPTS, version: 'mine' };
  expect(resolveSpec(request, { ...society, prompts }, 0).prompts).toEqual(prompts);
  expect(resolveSpec(request, society, 0)).not.toHaveProperty('prompts');
});

test('a partial protocol changes what it names and nothing else', () => {
  const changed = { ...request, protocol: { rounds: 4, sampling: { temperature: 0 } } };
  expect(resolveSpec(changed, society, 0).protocol).toEqual({
    ...society.protocol,
    rounds: 4,
    sampling: { ...society.protocol.sampling, temperature: 0 },
  });
});

describe('what is refused', () => {
  const cases: [Partial<DebateRequest>, Partial<SocietyFacts>, string, string][] = [
    [{ question: '  ' }, {}, 'INVALID_ARGUMENT', 'question: must not be empty'],
    [
      { question: 'é'.repeat(32_769) },
      {},
      'LIMIT_EXCEEDED',
      'question: has 65538 bytes; at most 65536 are allowed',
    ],
    [{ seed: 1.5 }, {}, 'INVALID_ARGUMENT', 'seed: must be a whole number'],
    [{ seed: 2 ** 48 + 1 }, {}, 'INVALID_ARGUMENT', 'seed: must be a whole number'],
    [{ revision: 5 }, {}, 'NOT_FOUND', "society 'maths' has no revision 5; its latest is 4"],
    [{ protocol: { rounds: 0 } }, {}, 'INVALID_ARGUMENT', 'protocol.rounds: must be'],
    [{ protocol: { sampling: { topP: 0 } } }, {}, 'INVALID_ARGUMENT', 'protocol.sampling.topP'],
    [{ protocol: { sampling: { temperature: 2.1 } } }, {}, 'INVALID_ARGUMENT', 'temperature'],
    [{ protocol: { sampling: { maxTokens: 0 } } }, {}, 'INVALID_ARGUMENT', 'maxTokens'],
    [{ budget: { tokens: -1 } }, {}, 'INVALID_ARGUMENT', 'budget.tokens'],
    [{ budget: { deadlineSeconds: Number.NaN } }, {}, 'INVALID_ARGUMENT', 'deadlineSeconds'],
    [{}, { agents: 17 }, 'LIMIT_EXCEEDED', "'maths' has 17 agents; debates take 1 to 16"],
  ];
  test.each(cases)('%j of %j is %s', (change, facts, reason, message) => {
    expect(() => resolveSpec({ ...request, ...change }, { ...society, ...facts }, 0)).toThrow(
      expect.objectContaining({ reason, message: expect.stringContaining(message) }),
    );
  });
});
