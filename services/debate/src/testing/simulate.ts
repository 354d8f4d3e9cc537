import { hash } from 'node:crypto';
import type { Call } from '../domain/calls.ts';
import { next, type Outcome } from '../domain/debate.ts';
import type { DebateSpec } from '../domain/spec.ts';
import { append, type DebateState, fold, withUnanimity } from '../domain/state.ts';
import type { Turn } from '../domain/turn.ts';

/** A spec of three agents and two rounds, with changes. */
export function specWith(changes: Partial<DebateSpec> = {}): DebateSpec {
  return {
    society: 'maths',
    revision: 1,
    agents: 3,
    question: 'What is 2+3*4?',
    task: 'math',
    seed: 11,
    protocol: {
      rounds: 2,
      summaries: true,
      critics: true,
      summarizer: 'base',
      sampling: { temperature: 1, topP: 0.9, maxTokens: 256 },
    },
    budget: { tokens: 0, deadlineSeconds: 0 },
    earlyStop: false,
    priority: 'interactive',
    batch: '',
    collection: '',
    problemId: '',
    ...changes,
  };
}

/** A turn for a call: its text is unique to the call and to all that went into it. */
export function answered(call: Call, failure = ''): Turn {
  const digest = hash('sha256', JSON.stringify([call.seat, call.messages, call.seed])).slice(0, 8);
  return {
    kind: call.kind,
    round: call.round,
    position: call.position,
    seat: call.seat,
    prompt: call.messages.at(-1)?.content ?? '',
    text: failure === '' ? `<${call.id} ${digest}>` : '',
    failure,
    servedName: call.seat,
    adapterSha256: '',
    engine: 'e',
    promptTokens: failure === '' ? 10 : 0,
    completionTokens: failure === '' ? 5 : 0,
    seed: call.seed,
    latencyMs: 1,
  };
}

export type Simulation = { outcome: Outcome; state: DebateState; named: Call[] };

/**
 * Runs a debate to its end against `engine`, which decides what a call becomes. `pick` chooses how many
 * of the calls in flight end in a step, and which, from numbers up to its argument; `crash` says whether
 * the process is lost after a step, and with it the calls in flight.
 */
export function simulate(
  spec: DebateSpec,
  engine: (call: Call) => Turn,
  {
    pick = () => 0,
    crash = () => false,
    unanimous = () => false,
  }: {
    pick?: (below: number) => number;
    crash?: () => boolean;
    unanimous?: (round: number) => boolean;
  } = {},
): Simulation {
  let state = fold(spec, []);
  let flying: Call[] = [];
  let named: Call[] = [];
  for (;;) {
    const step = next(state, new Set(flying.map((call) => call.id)));
    if (step.need === 'end') return { outcome: step.outcome, state, named };
    if (step.need === 'unanimity') {
      state = withUnanimity(state, step.round, unanimous(step.round));
      continue;
    }
    flying.push(...step.calls);
    named.push(...step.calls);
    if (flying.length === 0) throw new Error('the debate needs nothing and does not end');
    const ending = Array.from({ length: 1 + pick(flying.length) }, () => {
      const [call] = flying.splice(pick(flying.length), 1);
      return call;
    }).filter((call) => call !== undefined);
    state = append(state, ending.map(engine)).state;
    if (!crash()) continue;
    const lost = new Set(flying);
    named = named.filter((call) => !lost.has(call));
    flying = [];
    state = fold(spec, state.turns);
  }
}
