import type { Task, Testimony } from './conversation.ts';
import { writeCritique } from './criticise.ts';
import { formatExpression } from './expression.ts';
import type { Pen } from './pen.ts';
import { chooseVoice, writeSteps } from './solve.ts';

const ANSWER = ['Let me solve', 'I work on', 'Take', 'Here is my reasoning for'] as const;
const SUMMARY = ['Summary', 'In short', 'Overview', 'What was said'] as const;
const UNREADABLE = ['Sorry,', 'I am afraid', 'Unfortunately', 'Note:'] as const;

/** Writes what the task asks for, with any pen. */
export function writeTask(pen: Pen, task: Task): void {
  switch (task.role) {
    case 'answer': {
      const voice = chooseVoice(pen, ANSWER);
      if (voice < 0) return;
      pen.fixed(` ${formatExpression(task.expression)}.\n`);
      const context = { careful: false, ownSteps: [], otherSteps: [], others: 0 };
      writeSteps(pen, task.expression, { voice, hint: task.hint, ...context });
      return;
    }
    case 'summary':
      if (chooseVoice(pen, SUMMARY) >= 0) pen.fixed(summaryText(task.testimony));
      return;
    case 'critic':
      writeCritique(pen, task);
      return;
    case 'unreadable':
      if (chooseVoice(pen, UNREADABLE) >= 0) {
        pen.fixed(' I can find no expression of integers with +, - and * here.');
      }
      return;
    default:
      task satisfies never;
  }
}

function summaryText({ agents, votes, steps }: Testimony): string {
  const lines = votes.map(
    ({ answer, count }) => `${agentCount(count)} the final answer ${answer}.`,
  );
  const silent = agents - votes.reduce((total, { count }) => total + count, 0);
  if (silent > 0) lines.push(`${agentCount(silent)} no final answer.`);
  const seen = steps.map(
    ({ operation, value, count }) =>
      `${operation} = ${value} (${count} ${count === 1 ? 'agent' : 'agents'})`,
  );
  if (seen.length > 0) lines.push(`Steps seen: ${seen.join('; ')}.`);
  return ` of ${agents} answers.\n${lines.join('\n')}`;
}

function agentCount(count: number): string {
  return count === 1 ? '1 agent gives' : `${count} agents give`;
}
