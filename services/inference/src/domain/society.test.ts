import { DEFAULT_PROMPTS, type ParleyError } from '@parley/platform';
import { describe, expect, it } from 'vitest';
import { newSociety, promptsOf, type SocietySpec, seats } from './society.ts';

const CREATED = '2026-01-01T00:00:00.000Z';

describe('newSociety', () => {
  it('takes the defaults of the method', () => {
    expect(newSociety({ name: 'team', base: 'base' }, CREATED)).toEqual({
      name: 'team',
      base: 'base',
      agents: 3,
      protocol: {
        rounds: 2,
        summaries: true,
        critics: true,
        summarizer: 'base',
        sampling: { temperature: 1, topP: 0.9, maxTokens: 1024 },
      },
      current: 1,
      latest: 1,
      newestPromoted: 1,
      createdAt: CREATED,
    });
  });

  it('keeps what is given', () => {
    const protocol = { rounds: 1, summaries: false, sampling: { temperature: 0 } };
    const society = newSociety({ name: 'a', base: 'b', agents: 16, protocol }, CREATED);
    expect(society).toMatchObject({
      agents: 16,
      protocol: {
        rounds: 1,
        summaries: false,
        critics: true,
        sampling: { temperature: 0, topP: 0.9, maxTokens: 1024 },
      },
    });
  });

  it('has its own prompts, completed by the default ones, or none', () => {
    const prompts = { version: 'short', question: '{question}' };
    const own = newSociety({ name: 'a', base: 'b', protocol: { prompts } }, CREATED);
    expect(own.protocol.prompts).toEqual({ ...DEFAULT_PROMPTS, ...prompts });
    expect(promptsOf(own)).toBe(own.protocol.prompts);
    const plain = newSociety({ name: 'a', base: 'b' }, CREATED);
    const spelt = { prompts: { ...DEFAULT_PROMPTS } };
    expect(newSociety({ name: 'a', base: 'b', protocol: spelt }, CREATED)).toEqual(plain);
    expect(plain.protocol).not.toHaveProperty('prompts');
    expect(promptsOf(plain)).toBe(DEFAULT_PROMPTS);
  });

  it.each<[string, Partial<SocietySpec>]>([
    ['name', { name: '' }],
    ['name', { name: '-team' }],
    ['name', { name: 'Team' }],
    ['name', { name: 'a'.repeat(64) }],
    ['name', { name: 'a.b' }],
    ['base', { base: '' }],
    ['base', { base: 'b'.repeat(257) }],
    ['agents', { agents: 0 }],
    ['agents', { agents: 17 }],
    ['agents', { agents: 1.5 }],
    ['protocol.rounds', { protocol: { rounds: 9 } }],
    ['protocol.summarizer', { protocol: { summarizer: 'judge' } }],
    ['protocol.sampling.temperature', { protocol: { sampling: { temperature: 2.1 } } }],
    ['protocol.sampling.temperature', { protocol: { sampling: { temperature: Number.NaN } } }],
    ['protocol.sampling.topP', { protocol: { sampling: { topP: 0 } } }],
    ['protocol.prompts.version', { protocol: { prompts: { question: 'Q: {question}' } } }],
    ['protocol.prompts.answer', { protocol: { prompts: { version: 'v', answer: '{number}' } } }],
    ['protocol.sampling.maxTokens', { protocol: { sampling: { maxTokens: 0 } } }],
  ])('refuses a bad %s, naming it', (field, bad) => {
    const attempt = () => newSociety({ name: 'team', base: 'base', ...bad }, CREATED);
    expect(attempt).toThrow(
      expect.objectContaining({ reason: 'INVALID_ARGUMENT', field } satisfies Partial<ParleyError>),
    );
  });
});

describe('seats', () => {
  it('has generation agents, then as many critics', () => {
    expect(seats(2)).toEqual(['gen-1', 'gen-2', 'critic-1', 'critic-2']);
  });
});
