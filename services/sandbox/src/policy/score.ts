import { logProbabilities } from './choice.ts';
import type { Task } from './conversation.ts';
import type { TracedChoice } from './pen.ts';
import { follow } from './policy.ts';
import { tokenize, VOCABULARY } from './tokens.ts';

/** A token that could have stood at one place, with its log-probability in nats. */
export interface Alternative {
  readonly token: string;
  readonly logprob: number;
}

/** A token of a given text under given parameters. */
export interface ScoredToken extends Alternative {
  /** 1 for the most likely token at its place; VOCABULARY outside the grammar. */
  readonly rank: number;
  /** The tokens that the grammar allows at this place, most likely first; none outside it. */
  readonly alternatives: readonly Alternative[];
}

/** The log-probability of every token outside the grammar: uniform over the vocabulary. */
export const BACKOFF = -Math.log(VOCABULARY);

/** A text scored: its tokens, and whether the policy ends where the text ends. */
export interface ScoredText {
  readonly tokens: readonly ScoredToken[];
  readonly complete: boolean;
}

/**
 * Log-probabilities of the tokens of any text as the answer to a task, at temperature 1 without
 * truncation. A token that the choices before it determine has 0; the tokens of a choice's span
 * share its log-probability by the chain rule; text outside the grammar has BACKOFF a token. So
 * every score is finite, and a generated text scores what its choices scored.
 */
export function scoreText(theta: Float64Array, task: Task, text: string): ScoredText {
  const { choices, end, complete } = follow(task, text);
  const tokens: ScoredToken[] = [];
  let at = 0;
  let next = 0;
  let open: OpenSpan | null = null;
  for (const token of tokenize(text)) {
    const choice = choices[next];
    if (choice?.at === at) {
      open = openSpan(theta, choice);
      next++;
    }
    const step: ScoredToken | null = open === null ? null : advance(open, token);
    const inside = at + token.length <= end;
    if (step !== null) tokens.push(step);
    else tokens.push(inside && open === null ? determined(token) : outside(token));
    if (open !== null && (step === null || open.done)) open = null;
    at += token.length;
  }
  return { tokens, complete };
}

/** A token of text that is no answer of the policy. */
export function outside(token: string): ScoredToken {
  return { token, logprob: BACKOFF, rank: VOCABULARY, alternatives: [] };
}

/** A token that cannot be another. */
export function determined(token: string): ScoredToken {
  return { token, logprob: 0, rank: 1, alternatives: [{ token, logprob: 0 }] };
}

interface OpenSpan {
  readonly logs: Float64Array;
  readonly spans: readonly (readonly string[])[];
  live: readonly number[];
  depth: number;
  done: boolean;
}

function openSpan(theta: Float64Array, { choice, spans }: TracedChoice): OpenSpan {
  return {
    logs: logProbabilities(choice, theta),
    spans: spans.map(tokenize),
    live: spans.map((_, i) => i),
    depth: 0,
    done: false,
  };
}

/** The next token of an open span; null when no candidate has it there. */
function advance(open: OpenSpan, token: string): ScoredToken | null {
  const { logs, spans, live, depth } = open;
  const masses = new Map<string, number>();
  let total = 0;
  for (const i of live) {
    const next = spans[i]?.[depth] ?? '';
    const mass = Math.exp(logs[i] as number);
    masses.set(next, (masses.get(next) ?? 0) + mass);
    total += mass;
  }
  const mass = masses.get(token);
  if (mass === undefined) return null;
  open.live = live.filter((i) => spans[i]?.[depth] === token);
  open.depth++;
  open.done = open.live.some((i) => spans[i]?.length === open.depth);
  const alternatives = [...masses]
    .map(([alternative, weight]) => ({ token: alternative, logprob: logRatio(weight, total) }))
    .sort((a, b) => b.logprob - a.logprob);
  const logprob = logRatio(mass, total);
  const rank = 1 + alternatives.filter((alternative) => alternative.logprob > logprob).length;
  return { token, logprob, rank, alternatives };
}

/** ln(part / whole), finite even where a mass underflows. */
function logRatio(part: number, whole: number): number {
  if (!(part > 0) || part >= whole) return part >= whole && part > 0 ? 0 : -700;
  return Math.max(-700, Math.log(part / whole));
}
