import { expect, it } from 'vitest';
import { grade } from './grade.ts';
import type { Task } from './task.ts';

it.each<[Task, string, string, boolean]>([
  ['gsm8k', 'The answer is $72.', 'Natalia sold 48+24 = <<48+24=72>>72 clips.\n#### 72', true],
  ['gsm8k', '72', '#### 73', false],
  ['gsm8k', '', '#### 72', false],
  ['gsm8k', 'none', 'nothing', false],
  ['math', '0.5', 'Thus $\\boxed{\\dfrac{1}{2}}$.', true],
  ['math', 'The answer is x+1', 'x + 1', true],
  ['text', 'paris', 'The answer is Paris.', true],
  ['text', 'Paris', 'London', false],
])('%s: %j against %j is %s', (task, answer, reference, equal) => {
  expect(grade(task, { answer, reference }).equal).toBe(equal);
});
