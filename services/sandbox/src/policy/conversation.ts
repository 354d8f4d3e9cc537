import type { Expression } from './expression.ts';
import { findAskedExpression, findPlainExpression, formatExpression } from './expression.ts';

/** One turn of a chat. */
export interface Message {
  readonly role: string;
  readonly content: string;
}

/** A final answer, and how many agents gave it. */
export interface Vote {
  readonly answer: number;
  readonly count: number;
}

/** The result that some agents gave for one operation, written as in `4*5`. */
export interface SeenStep {
  readonly operation: string;
  readonly value: number;
  readonly count: number;
}

/** What agents other than the one asked have said. */
export interface Testimony {
  /** How many agents spoke. */
  readonly agents: number;
  readonly votes: readonly Vote[];
  readonly steps: readonly SeenStep[];
}

/** What a conversation asks for. */
export type Task =
  | { readonly role: 'answer'; readonly expression: Expression; readonly hint: number | null }
  | { readonly role: 'summary'; readonly testimony: Testimony }
  | {
      readonly role: 'critic';
      readonly expression: Expression;
      readonly own: number | null;
      readonly ownSteps: readonly SeenStep[];
      readonly others: Testimony;
    }
  | { readonly role: 'unreadable' };

const BLOCK = /(`{3,})[a-z]*\n([\s\S]*?)\n?\1/g;
const BOXED = /\\boxed\s*\{\s*([-−]?\d{1,15})\s*\}/g;
/** What is read of more is left out. */
const MOST_VOTES = 32;
const MOST_STEPS = 256;
const STEP = /(\(-\d+\)|\d+)([-+*])(\(-\d+\)|\d+) = (-?\d+)(?: \((\d+) agents?\))?/g;
const VOTE = /(\d+) agents? gives? the final answer (-?\d+)\./g;
const SILENT = /(\d+) agents? gives? no final answer\./g;
const SUMMARISE = /\b(?:summari[sz]e\b|(?:write|give|make|provide|produce)\b[^.?!]*\bsummary\b)/i;
const ASKS_ANSWER = /\b(?:improved|updated|revised)\b|\byour (?:own )?(?:final )?answer\b/i;
const HINT =
  /\b(?:correct|right|known) (?:answer|solution|result) is:?\s*(?:\\boxed\{)?\s*(-?\d{1,15})/gi;

/** Reads what the last turn of a conversation asks for, and all that bears on it. */
export function readTask(messages: readonly Message[]): Task {
  const last = lastIndex(messages, (message) => message.role === 'user');
  if (last < 0) return { role: 'unreadable' };
  const request = messages[last]?.content ?? '';
  const spoken = lastIndex(messages.slice(0, last), ({ role }) => role === 'assistant');
  const blocks = [...request.matchAll(BLOCK)].map((match) => match[2] ?? '');
  const summarises = SUMMARISE.test(request) && blocks.length > 0;
  if (summarises && (spoken < 0 || !ASKS_ANSWER.test(request))) {
    return { role: 'summary', testimony: fromBlocks(blocks) };
  }
  const expression = findExpression(messages.slice(0, last + 1));
  if (expression === null) return { role: 'unreadable' };
  const testimony = blocks.length > 0 ? fromBlocks(blocks) : fromSummary(request);
  const earlier = spoken < 0 ? null : findExpression(messages.slice(0, spoken + 1));
  const same = earlier !== null && formatExpression(earlier) === formatExpression(expression);
  if (spoken < 0 || !same) return { role: 'answer', expression, hint: findHint(request) };
  const own = messages.slice(0, last).filter(({ role }) => role === 'assistant');
  return {
    role: 'critic',
    expression,
    own: finalAnswer(own.at(-1)?.content ?? ''),
    ownSteps: countSteps(own.map(({ content }) => content)),
    others: testimony,
  };
}

/** The last boxed integer of a text, else null. */
export function finalAnswer(text: string): number | null {
  let found: number | null = null;
  for (const match of text.matchAll(BOXED)) found = Number(match[1]?.replace('−', '-')) + 0;
  return found;
}

function findExpression(messages: readonly Message[]): Expression | null {
  const turns = messages.filter(({ role }) => role === 'user').reverse();
  for (const { content } of turns) {
    const asked = findAskedExpression(content);
    if (asked !== null) return asked;
  }
  for (const { content } of turns) {
    const plain = findPlainExpression(content.replace(BLOCK, ' '));
    if (plain !== null) return plain;
  }
  return null;
}

function findHint(text: string): number | null {
  let found: number | null = null;
  for (const match of text.matchAll(HINT)) found = Number(match[1]);
  return found;
}

function fromBlocks(blocks: readonly string[]): Testimony {
  return {
    agents: blocks.length,
    votes: countAnswers(blocks.map(finalAnswer)),
    steps: countSteps(blocks),
  };
}

function fromSummary(text: string): Testimony {
  const votes = [...text.matchAll(VOTE)].slice(0, MOST_VOTES).map(([, count, answer]) => ({
    answer: Number(answer),
    count: Number(count),
  }));
  if (votes.length === 0) {
    const loose = countAnswers([...text.matchAll(BOXED)].map((match) => Number(match[1])));
    return { agents: sum(loose), votes: loose, steps: countSteps([text]) };
  }
  const silent = [...text.matchAll(SILENT)].reduce((total, match) => total + Number(match[1]), 0);
  return { agents: sum(votes) + silent, votes, steps: countSteps([text]) };
}

function sum(votes: readonly Vote[]): number {
  return votes.reduce((total, vote) => total + vote.count, 0);
}

function countAnswers(answers: readonly (number | null)[]): Vote[] {
  const counts = new Map<number, number>();
  for (const answer of answers) {
    if (answer !== null) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  return [...counts]
    .map(([answer, count]) => ({ answer, count }))
    .sort((a, b) => b.count - a.count || a.answer - b.answer)
    .slice(0, MOST_VOTES);
}

function countSteps(texts: readonly string[]): SeenStep[] {
  const counts = new Map<string, SeenStep>();
  for (const text of texts) {
    const inText = new Set<string>();
    for (const [, x, op, y, value, agents] of text.matchAll(STEP)) {
      const operation = `${x}${op}${y}`;
      const key = `${operation}=${value}`;
      if (inText.has(key)) continue;
      inText.add(key);
      const count = (counts.get(key)?.count ?? 0) + Number(agents ?? 1);
      counts.set(key, { operation, value: Number(value), count });
    }
  }
  return [...counts.values()].slice(0, MOST_STEPS);
}

function lastIndex(messages: readonly Message[], test: (message: Message) => boolean): number {
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i];
    if (message !== undefined && test(message)) return i;
  }
  return -1;
}
