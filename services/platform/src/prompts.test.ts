import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  completePrompts,
  DEFAULT_PROMPTS,
  type GivenPrompts,
  TEMPLATE_NAMES,
  templateParts,
} from './prompts.ts';

describe('completePrompts', () => {
  it('takes the default for what is left out', () => {
    expect(completePrompts({}, 'p')).toEqual(DEFAULT_PROMPTS);
    expect(completePrompts({ version: 'mine', question: 'Q: {question}' }, 'p')).toEqual({
      ...DEFAULT_PROMPTS,
      version: 'mine',
      question: 'Q: {question}',
    });
  });

  it('takes the default prompts back, under their version or under another', () => {
    expect(completePrompts(DEFAULT_PROMPTS, 'p')).toEqual(DEFAULT_PROMPTS);
    const other = { ...DEFAULT_PROMPTS, version: '2' };
    expect(completePrompts(other, 'p')).toEqual(other);
  });

  const good: GivenPrompts[] = [
    { summary: '{answers}{question}' },
    { critique: '{summary}' },
    { critique: '{question} {summary} {question}' },
    { rawCritique: '{answers}' },
    { loneCritique: 'Check it.' },
    { answer: '{answer}' },
    { answer: '{number}. {fencedAnswer}' },
    { separator: '' },
    { separator: '{{}}' },
    { question: `{question}${'x'.repeat(16 * 1024 - 10)}` },
  ];
  it.each(good)('takes %j', (given) => {
    expect(completePrompts({ version: 'v', ...given }, 'p')).toMatchObject(given);
  });

  const bad: [GivenPrompts, string, string][] = [
    [{ question: 'Q' }, 'question', 'must have the placeholder {question}'],
    [{ summary: '{question}' }, 'summary', 'must have the placeholder {answers}'],
    [{ summary: '{answers}' }, 'summary', 'must have the placeholder {question}'],
    [{ critique: '{question}' }, 'critique', 'must have the placeholder {summary}'],
    [{ rawCritique: '{question}' }, 'rawCritique', 'must have the placeholder {answers}'],
    [{ answer: '{number}' }, 'answer', 'must have the placeholder {answer} or {fencedAnswer}'],
    [{ question: '{{question}}' }, 'question', 'must have the placeholder {question}'],
    [
      { critique: '{summary} {answers}' },
      'critique',
      'has the unknown placeholder {answers}; it takes {summary} and {question}',
    ],
    [{ separator: '{number}' }, 'separator', 'has the unknown placeholder {number}; it takes none'],
    [{ question: '{question} \\boxed{x}' }, 'question', 'has the unknown placeholder {x}'],
    [{ question: '{question} }' }, 'question', "has a single '}' at character 12"],
    [{ question: '{ question}' }, 'question', "has a single '{' at character 1"],
    [{ question: '{question}'.repeat(3) }, 'question', 'has {question} 3 times; at most 2'],
    [{ question: '' }, 'question', 'must not be empty'],
    [{ loneCritique: 'é'.repeat(8193) }, 'loneCritique', 'has 16386 bytes; at most 16384'],
    [
      { version: undefined, question: 'Q: {question}' },
      'version',
      "'1' is the version of the default prompts, and question is not",
    ],
    [
      { version: '1', separator: '\n' },
      'version',
      "'1' is the version of the default prompts, and separator is not",
    ],
    [{ version: '', separator: '\n' }, 'version', 'must be 1 to 64 characters'],
    [{ version: 'x'.repeat(65), separator: '\n' }, 'version', 'must be 1 to 64 characters'],
    [
      { version: 'a\nb', separator: '\n' },
      'version',
      'must be 1 to 64 characters, none of them a control',
    ],
    [{ version: '2' }, 'version', "'2' names no templates"],
  ];
  it.each(bad)('refuses %j, naming %s', (given, field, message) => {
    expect(() => completePrompts({ version: 'v', ...given }, 'p')).toThrow(
      expect.objectContaining({
        reason: 'INVALID_ARGUMENT',
        field: `p.${field}`,
        message: expect.stringContaining(`p.${field}: ${message}`),
      }),
    );
  });
});

describe('templateParts', () => {
  it('gives any text back that was written with its braces twice', () => {
    const text = fc.string({ unit: fc.constantFrom('{', '}', 'a', '{{', '{a}', ' ') });
    fc.assert(
      fc.property(text, text, (before, behind) => {
        const written = [before, behind].map((one) => one.replace(/[{}]/g, '$&$&'));
        const parts = templateParts(written.join('{name}'), 'p');
        const texts = parts.map((part) => (part.type === 'text' ? part.text : `<${part.name}>`));
        expect(texts.join('')).toBe(`${before}<name>${behind}`);
      }),
    );
  });

  it('takes the default templates', () => {
    for (const name of TEMPLATE_NAMES)
      expect(() => templateParts(DEFAULT_PROMPTS[name], name)).not.toThrow();
  });
});
