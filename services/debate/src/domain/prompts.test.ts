import { describe, expect, test } from 'vitest';
import { critiquePrompt, questionPrompt, rawCritiquePrompt, summaryPrompt } from './prompts.ts';

const form =
  'Reason step by step, one step a line, and put the final answer as \\boxed{answer} at the end.';

describe('prompts of version 1', () => {
  test('round 1', () => {
    expect(questionPrompt('1+1?')).toBe(`Answer the following question: 1+1?\n\n${form}`);
  });

  test('the request for a summary', () => {
    expect(summaryPrompt('1+1?', ['two', '3'])).toBe(
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
    expect(critiquePrompt('1+1?', 'All say 2.')).toBe(
      `Here is a summary of what other agents answered:\n\nAll say 2.\n\n${again}`,
    );
  });

  test('a critic with raw answers, and with none', () => {
    expect(rawCritiquePrompt('1+1?', ['two'])).toBe(
      `Here is what other agents answered:\n\nOne agent's answer:\n\`\`\`\ntwo\n\`\`\`\n\n${again}`,
    );
    expect(rawCritiquePrompt('1+1?', [])).toBe(`No other agent answered.\n\n${again}`);
  });

  test('an answer with a block of its own stands in a longer fence', () => {
    expect(summaryPrompt('q', ['a\n````\nx\n````'])).toContain('`````\na\n````\nx\n````\n`````');
  });
});
