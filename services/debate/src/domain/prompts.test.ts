import { completePrompts, DEFAULT_PROMPTS } from '@parley/platform';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { critiquePrompt, questionPrompt, rawCritiquePrompt, summaryPrompt } from './prompts.ts';

const form =
  'Reason step by step, one step a line, and put the final answer as \\boxed{answer} at the end.';

describe('prompts of version 1', () => {
  const prompts = DEFAULT_PROMPTS;

  test('round 1', () => {
    expect(questionPrompt(prompts, '1+1?')).toBe(`Answer the following question: 1+1?\n\n${form}`);
  });

  test('the request for a summary', () => {
    expect(summaryPrompt(prompts, '1+1?', ['two', '3'])).toBe(
      'These are the answers of other agents to the question: 1+1?\n\n' +
        "One agent's answer:\n```\ntwo\n```\n\nOne agent's answer:\n```\n3\n```\n\n" +
        'Write a concise summary of these answers. Keep each different final answer and the reasons ' +
        'that were given for it.',
    );
  });

  const again =
    'The question again: 1+1?\n\nCompare this with your own reasoning, check every step, and give an ' +
    `improved answer to the question. ${form}`;

  test('a critic with a summary', () => {
    expect(critiquePrompt(prompts, '1+1?', 'All say 2.')).toBe(
      `Here is a summary of what other agents answered:\n\nAll say 2.\n\n${again}`,
    );
  });

  test('a critic with raw answers, and with none', () => {
    expect(rawCritiquePrompt(prompts, '1+1?', ['two'])).toBe(
      `Here is what other agents answered:\n\nOne agent's answer:\n\`\`\`\ntwo\n\`\`\`\n\n${again}`,
    );
    expect(rawCritiquePrompt(prompts, '1+1?', [])).toBe(`No other agent answered.\n\n${again}`);
  });

  test('an answer with a block of its own stands in a longer fence', () => {
    expect(summaryPrompt(prompts, 'q', ['a\n````\nx\n````'])).toContain(
      '`````\na\n````\nx\n````\n`````',
    );
  });
});

describe('prompts of a society', () => {
  const prompts = completePrompts(
    {
      version: 'short',
      question: '{question}',
      summary: 'Summarize: {question}\n{answers}',
      critique: 'Others: {summary}\nCheck and solve: {question}',
      answer: '{number}) {answer}',
      separator: '\n',
    },
    'prompts',
  );

  test('are its own, and the default where it has none', () => {
    expect(questionPrompt(prompts, '38*6-19=?')).toBe('38*6-19=?');
    expect(summaryPrompt(prompts, '38*6-19=?', ['228', '```188```'])).toBe(
      'Summarize: 38*6-19=?\n1) 228\n2) ```188```',
    );
    expect(critiquePrompt(prompts, '38*6-19=?', '2 say 209')).toBe(
      'Others: 2 say 209\nCheck and solve: 38*6-19=?',
    );
    expect(rawCritiquePrompt(prompts, '1+1?', ['two', '3'])).toMatch(
      /^Here is what other agents answered:\n\n1\) two\n2\) 3\n\nThe question again: 1\+1\?/,
    );
  });

  test('hold braces that are written twice', () => {
    const braces = completePrompts({ version: 'b', question: '{{{question}}} }}{{' }, 'prompts');
    expect(questionPrompt(braces, 'x')).toBe('{x} }{');
  });

  test('repeat whatever texts they are filled with as they are', () => {
    const text = fc.string({
      unit: fc.constantFrom('{', '}', '$', '&', '`', '\n', 'question', 'é'),
    });
    fc.assert(
      fc.property(text, text, text, (question, one, two) => {
        expect(questionPrompt(prompts, question)).toBe(question);
        expect(summaryPrompt(prompts, question, [one, two])).toBe(
          `Summarize: ${question}\n1) ${one}\n2) ${two}`,
        );
        expect(rawCritiquePrompt(DEFAULT_PROMPTS, question, [one])).toContain(`\n${one}\n`);
      }),
    );
  });
});
