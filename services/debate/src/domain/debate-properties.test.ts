import { hash } from 'node:crypto';
import { seededRandom } from '@parley/platform';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answered, simulate, specWith } from '../testing/simulate.ts';
import type { Call } from './calls.ts';
import type { DebateState } from './state.ts';
import { conversation, turnKey } from './turn.ts';

const specs = fc
  .record({
    agents: fc.integer({ min: 1, max: 6 }),
    rounds: fc.integer({ min: 1, max: 5 }),
    summaries: fc.boolean(),
    critics: fc.boolean(),
    summarizer: fc.constantFrom('base' as const, 'critic' as const),
    seed: fc.nat(),
    earlyStop: fc.boolean(),
    tokens: fc.constantFrom(0, 0, 60, 200),
  })
  .map(({ agents, seed, earlyStop, tokens, ...protocol }) =>
    specWith({
      agents,
      seed,
      earlyStop,
      budget: { tokens, deadlineSeconds: 0 },
      protocol: { ...protocol, sampling: { temperature: 1, topP: 1, maxTokens: 9 } },
    }),
  );

/** An engine that fails for a share of the calls, always for the same ones. */
function engine(failing: number) {
  return (call: Call) => {
    const lot = Number.parseInt(hash('sha256', `${call.seed}`).slice(0, 6), 16) / 2 ** 24;
    return answered(call, lot < failing ? `ENGINE_FAILED: ${call.id}` : '');
  };
}

const failing = fc.constantFrom(0, 0, 0.1, 0.3);
const orders = fc.nat();

/** What was said, whatever the order in which it was recorded. */
function said(state: DebateState) {
  return state.turns
    .map(({ sequence: _, ...turn }) => turn)
    .sort((a, b) =>
      turnKey(a.kind, a.round, a.position) < turnKey(b.kind, b.round, b.position) ? -1 : 1,
    );
}

test('neither the order of arrival nor a crash after any turn changes what is said or how it ends', () => {
  fc.assert(
    fc.property(
      specs,
      failing,
      orders,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (spec, share, order, crashes) => {
        const random = seededRandom(order);
        const unanimous = (round: number) => (spec.seed + round) % 4 === 0;
        const plain = simulate(spec, engine(share), { unanimous });
        const other = simulate(spec, engine(share), {
          unanimous,
          pick: (below) => Math.floor(random() * below),
          crash: () => random() < crashes,
        });
        expect(other.outcome).toEqual(plain.outcome);
        if (plain.outcome.status !== 'failed') expect(said(other.state)).toEqual(said(plain.state));
      },
    ),
    { numRuns: 300 },
  );
});

test('no call is named twice, and none whose turn is there', () => {
  fc.assert(
    fc.property(specs, failing, orders, (spec, share, order) => {
      const random = seededRandom(order);
      const { named } = simulate(spec, engine(share), {
        pick: (below) => Math.floor(random() * below),
        crash: () => random() < 0.3,
      });
      const ids = named.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }),
    { numRuns: 200 },
  );
});

test('a position reads its own answers, and of the others only what a summary of them says', () => {
  fc.assert(
    fc.property(specs, failing, (spec, share) => {
      const { state, named } = simulate(spec, engine(share));
      for (const { kind, position, round, messages } of named) {
        const text = messages.map(({ content }) => content).join('\n');
        for (const turn of state.turns.filter((one) => one.failure === '' && one.round < round)) {
          const own = turn.position === position;
          if (kind === 'summary') {
            const read = !own && turn.kind === 'answer' && turn.round === round - 1;
            expect(text.includes(turn.text)).toBe(read);
          } else if (own) continue;
          else if (spec.protocol.summaries) expect(text).not.toContain(turn.text);
        }
        const roles = messages.map(({ role }) => role);
        expect(roles).toEqual(roles.map((_, at) => (at % 2 === 0 ? 'user' : 'assistant')));
      }
    }),
    { numRuns: 200 },
  );
});

test('what an agent was sent can be rebuilt from the transcript', () => {
  fc.assert(
    fc.property(specs, failing, (spec, share) => {
      const { state, named } = simulate(spec, engine(share));
      for (const { kind, round, position, messages } of named) {
        const turn = state.turns.find(
          (one) => one.kind === kind && one.round === round && one.position === position,
        );
        if (!turn) continue;
        const before = state.turns.filter((one) => one.round < round);
        const history = kind === 'answer' ? conversation({ turns: before }, position) : [];
        expect([...history, { role: 'user', content: turn.prompt }]).toEqual(messages);
      }
    }),
    { numRuns: 100 },
  );
});
