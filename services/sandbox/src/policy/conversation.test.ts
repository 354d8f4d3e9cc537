import { describe, expect, it } from 'vitest';
import {
  critiquePrompt,
  questionPrompt,
  rawCritiquePrompt,
  summaryPrompt,
} from '../society/prompts.ts';
import { finalAnswer, readTask } from './conversation.ts';

const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });
const answer = (value: number) =>
  `Let me solve 2+3*4.\nStep 1: 3*4 = ${value - 2}, leaving 2+${value - 2}.\nThe final answer is \\boxed{${value}}.`;
const question = user(questionPrompt('2+3*4'));

describe('readTask', () => {
  it('answers a question', () => {
    expect(readTask([question])).toMatchObject({ role: 'answer', hint: null });
  });

  it('reads a hint', () => {
    const hinted = user(`${question.content} The correct answer is 14. Explain it.`);
    expect(readTask([hinted])).toMatchObject({ role: 'answer', hint: 14 });
  });

  it('answers another question in a later turn', () => {
    const later = user(questionPrompt('5*6-7'));
    expect(readTask([question, assistant(answer(14)), later])).toMatchObject({
      role: 'answer',
      expression: { operands: [5, 6, 7] },
    });
  });

  it.each([
    ["this product's words", summaryPrompt('2+3*4', [answer(14), answer(24), 'no idea'])],
    [
      'other words',
      `Below are three replies.\n\`\`\`\n${answer(14)}\n\`\`\`\n\`\`\`\n${answer(24)}\n\`\`\`\n\`\`\`\nno idea\n\`\`\`\nPlease summarise them.`,
    ],
  ])('summarises when asked in %s', (_, request) => {
    const task = readTask([user(request)]);
    expect(task).toMatchObject({
      role: 'summary',
      testimony: {
        agents: 3,
        votes: [
          { answer: 14, count: 1 },
          { answer: 24, count: 1 },
        ],
      },
    });
  });

  it.each([
    [
      'a summary',
      critiquePrompt(
        '2+3*4',
        'Summary of 3 answers.\n2 agents give the final answer 14.\n1 agent gives no final answer.\nSteps seen: 3*4 = 12 (2 agents).',
      ),
      [{ answer: 14, count: 2 }],
      3,
    ],
    [
      'raw answers',
      rawCritiquePrompt('2+3*4', [answer(14), answer(14), '````']),
      [{ answer: 14, count: 2 }],
      3,
    ],
    ['nobody', rawCritiquePrompt('2+3*4', []), [], 0],
    [
      'prose with boxed answers',
      `One says \\boxed{14}, another \\boxed{15}. Give an improved answer: what is the result of 2+3*4?`,
      [
        { answer: 14, count: 1 },
        { answer: 15, count: 1 },
      ],
      2,
    ],
  ])('criticises in view of %s', (_, request, votes, agents) => {
    const task = readTask([question, assistant(answer(24)), user(request)]);
    expect(task).toMatchObject({ role: 'critic', own: 24, others: { votes, agents } });
    expect(task.role === 'critic' && task.ownSteps).toEqual([
      { operation: '3*4', value: 22, count: 1 },
    ]);
  });

  it.each([
    ['no message', []],
    ['no user', [{ role: 'system', content: 'What is the result of 1+1?' }]],
    ['no expression', [user('How are you?')]],
  ])('says that it cannot read %s', (_, messages) => {
    expect(readTask(messages)).toEqual({ role: 'unreadable' });
  });
});

describe('finalAnswer', () => {
  it.each([
    ['\\boxed{1} then \\boxed{ -27 }', -27],
    ['\\boxed{x}', null],
    ['', null],
  ])('of %j is %j', (text, value) => {
    expect(finalAnswer(text)).toBe(value);
  });
});
