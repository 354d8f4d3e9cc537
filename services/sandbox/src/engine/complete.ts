import type { Task } from '../policy/conversation.ts';
import type { Sampling } from '../policy/pen.ts';
import { generate } from '../policy/policy.ts';
import { seededRandom } from '../policy/random.ts';
import type { ScoredToken } from '../policy/score.ts';
import { determined, scoreText } from '../policy/score.ts';
import { tokenize } from '../policy/tokens.ts';

/** What one choice of a request is drawn from. */
export interface Draw {
  readonly theta: Float64Array;
  /** Null where the answer has already been given: the draw ends at once. */
  readonly task: Task | null;
  readonly sampling: Sampling;
  /** The request's seed plus the index of the choice. */
  readonly seed: number;
  /** Hash of the conversation. */
  readonly salt: number;
  readonly maxTokens: number;
  readonly stop: readonly string[];
}

/** One choice, ready. */
export interface Completion {
  readonly text: string;
  /** The pieces of `text`, one a token. */
  readonly tokens: readonly string[];
  /** Tokens as they are counted: with the token that ended it. */
  readonly count: number;
  readonly finish: 'stop' | 'length';
  /** The stop text that ended it, else null. */
  readonly stopReason: string | null;
}

/** The token that ends an answer. */
export const END = '<|end|>';

/** Draws one choice. It depends on the draw alone. */
export function complete(draw: Draw): Completion {
  const { theta, task, sampling, maxTokens } = draw;
  const random = seededRandom(draw.seed, draw.salt);
  const whole = task === null ? '' : generate(theta, task, sampling, random);
  const tokens = tokenize(whole);
  const long = tokens.length >= maxTokens;
  const kept = long ? tokens.slice(0, maxTokens) : tokens;
  const text = long ? kept.join('') : whole;
  const stopped = findStop(text, draw.stop);
  if (stopped !== null) return cutAt(stopped, text, kept);
  const finish = long ? 'length' : 'stop';
  return { text, tokens: kept, count: kept.length + (long ? 0 : 1), finish, stopReason: null };
}

/** The tokens of a choice scored at temperature 1 without truncation, with the one that ended it. */
export function scoreCompletion(draw: Draw, completion: Completion): ScoredToken[] {
  const { theta, task } = draw;
  const scored = task === null ? [] : scoreText(theta, task, completion.text).tokens.slice();
  const ended = completion.count > completion.tokens.length && completion.stopReason === null;
  return ended ? [...scored, determined(END)] : scored;
}

function findStop(text: string, stop: readonly string[]): { at: number; by: string } | null {
  let found: { at: number; by: string } | null = null;
  for (const by of stop) {
    const at = text.indexOf(by);
    if (at >= 0 && (found === null || at + by.length < found.at + found.by.length)) {
      found = { at, by };
    }
  }
  return found;
}

function cutAt(
  stop: { at: number; by: string },
  text: string,
  tokens: readonly string[],
): Completion {
  const end = stop.at + stop.by.length;
  const pieces: string[] = [];
  let count = 0;
  for (let at = 0; at < end; count++) {
    const token = tokens[count] ?? '';
    if (at < stop.at) pieces.push(token.slice(0, stop.at - at));
    at += Math.max(1, token.length);
  }
  const kept = text.slice(0, stop.at);
  return { text: kept, tokens: pieces, count, finish: 'stop', stopReason: stop.by };
}
