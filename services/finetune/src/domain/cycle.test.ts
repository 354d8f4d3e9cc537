import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  REF,
  sampleDataset,
  sampleFigures,
  sampleSetting,
  sampleSpec,
  sampleVerdict,
} from '../testing/samples.ts';
import { type Command, type CycleEvent, commandOf, MAX_ATTEMPTS, reduce } from './cycle.ts';
import {
  type CycleState,
  initialState,
  isDecided,
  isSettled,
  isTerminal,
  phaseOf,
  type SealedDataset,
} from './state.ts';
import { firstStep, PHASE_OF, STEPS, type Step } from './steps.ts';

const spec = sampleSpec();

function applied(state: CycleState, ...events: Unstamped[]): CycleState {
  return events.reduce(
    (now, event) => reduce(spec, now, { at: 5, ...event } as CycleEvent).state,
    state,
  );
}

type Unstamped = CycleEvent extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never;

const ADAPTER = { adapter: REF, parentSha256: null, figures: sampleFigures() };

/** The event with which a step ends well. */
function resultOf(state: CycleState, outcome: 'promoted' | 'rejected' | 'collapsed'): Unstamped {
  const { iteration, step, work } = state;
  switch (step) {
    case 'requestTraining':
      return { type: 'requested', iteration, purpose: 'training', total: 4 };
    case 'awaitTraining':
      return { type: 'filled', iteration, purpose: 'training' };
    case 'seal':
      return {
        type: 'sealed',
        iteration,
        datasets: [sampleDataset('gen-1', 2), sampleDataset('critic-1', 0)],
      };
    case 'train':
      return work.jobs['gen-1']?.status === 'waiting'
        ? { type: 'jobSucceeded', iteration, seat: 'gen-1', ...ADAPTER }
        : { type: 'trained', iteration };
    case 'register':
      return { type: 'registered', iteration, revision: 10 + iteration };
    case 'requestEvaluation':
      return { type: 'requested', iteration, purpose: 'evaluation', total: 4 };
    case 'awaitEvaluation':
      return { type: 'filled', iteration, purpose: 'evaluation' };
    case 'evaluate':
      return { type: 'evaluated', iteration };
    case 'gate':
      return {
        type: 'gated',
        iteration,
        verdict: sampleVerdict(iteration === 0 ? 'baseline' : outcome),
      };
    case 'conclude':
      return { type: 'concluded', iteration, manifest: REF };
    default:
      return step satisfies never;
  }
}

function driven(
  until: (state: CycleState) => boolean,
  outcome: 'promoted' | 'rejected' | 'collapsed' = 'promoted',
): CycleState {
  let state = initialState(sampleSetting(), 0);
  while (!until(state)) state = applied(state, resultOf(state, outcome));
  return state;
}

const at = (step: Step, iteration = 1) =>
  driven((state) => state.step === step && state.iteration === iteration);

describe('a cycle', () => {
  it('goes through every step of every iteration, in order, to its end', () => {
    const seen: string[] = [];
    const state = driven((now) => {
      const here = `${now.iteration} ${now.step}`;
      if (seen.at(-1) !== here) seen.push(here);
      return isTerminal(now);
    });
    const evaluation = STEPS.slice(STEPS.indexOf(firstStep(0)));
    expect(seen).toEqual([
      ...evaluation.map((step) => `0 ${step}`),
      ...STEPS.map((step) => `1 ${step}`),
      ...STEPS.map((step) => `2 ${step}`),
    ]);
    expect(state).toMatchObject({
      status: 'completed',
      current: { revision: 12, iteration: 2 },
      concluded: [
        { iteration: 0, outcome: 'baseline', revision: 3 },
        { iteration: 1, outcome: 'promoted', revision: 11 },
        { iteration: 2, outcome: 'promoted', revision: 12 },
      ],
    });
    expect(commandOf(state)).toBe('settle');
  });

  it('goes on from the revision it had after a rejection', () => {
    const state = driven(isTerminal, 'rejected');
    expect(state).toMatchObject({ status: 'completed', current: { revision: 3, iteration: 0 } });
  });

  it('fails with COLLAPSE, keeping the iteration', () => {
    const state = driven(isTerminal, 'collapsed');
    expect(state).toMatchObject({ status: 'failed', reason: 'COLLAPSE', detail: 'why' });
    expect(state.concluded).toHaveLength(2);
    expect(state.current.revision).toBe(3);
  });

  it('needs no new debates when nothing was trained', () => {
    const state = applied(at('register'), { type: 'registered', iteration: 1, revision: 3 });
    expect(state).toMatchObject({ step: 'evaluate', work: { candidate: 3 } });
  });

  it('waits for every job before it registers', () => {
    const state = at('train');
    expect(applied(state, { type: 'trained', iteration: 1 })).toBe(state);
    expect(state.progress).toEqual({ done: 1, total: 2 });
    expect(state.work.jobs['critic-1']).toEqual({ status: 'skipped', attempts: 0 });
  });

  it('fails with the log of a job that failed three times, not of one that is told twice', () => {
    const failure = (attempt: number): Unstamped => ({
      type: 'jobFailed',
      iteration: 1,
      seat: 'gen-1',
      attempt,
      message: 'exit code 3',
      log: ['out of memory'],
    });
    let state = at('train');
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      expect(state.status).toBe('running');
      state = applied(state, failure(attempt));
      expect(applied(state, failure(attempt))).toBe(state);
    }
    expect(state).toMatchObject({
      status: 'failed',
      reason: 'TRAINING_FAILED',
      log: ['out of memory'],
    });
    expect(state.detail).toContain('gen-1');
  });

  it.each(STEPS)('can be paused, resumed and cancelled at %s', (step) => {
    const state = at(step);
    const paused = applied(state, { type: 'paused' });
    expect(commandOf(paused)).toBe('rest');
    expect(applied(paused, { type: 'paused' })).toBe(paused);
    const resumed = applied(paused, { type: 'resumed' });
    expect(resumed).toEqual(state);
    expect(commandOf(resumed)).toBe(step);
    for (const before of [state, paused]) {
      const cancelled = applied(before, { type: 'cancelled' });
      expect(cancelled).toMatchObject({ status: 'cancelled', reason: 'CANCELLED' });
      expect(phaseOf(cancelled)).toBe('ended');
      expect(commandOf(cancelled)).toBe(step === 'conclude' ? 'conclude' : 'settle');
      expect(applied(cancelled, { type: 'resumed' })).toBe(cancelled);
    }
  });

  it('takes the result of a step that ended after the pause, and begins nothing', () => {
    const paused = applied(at('seal'), { type: 'paused' });
    const state = applied(paused, resultOf(paused, 'promoted'));
    expect(state).toMatchObject({ status: 'paused', step: 'train' });
    expect(commandOf(state)).toBe('rest');
  });

  it('records a decided iteration even when it was cancelled meanwhile, and nothing after it', () => {
    const cancelled = applied(at('conclude'), { type: 'cancelled' });
    const state = applied(cancelled, resultOf(cancelled, 'promoted'));
    expect(state).toMatchObject({
      status: 'cancelled',
      iteration: 1,
      current: { revision: 11, iteration: 1 },
    });
    expect(state.concluded.at(-1)).toMatchObject({ iteration: 1, outcome: 'promoted' });
    expect(commandOf(state)).toBe('settle');
  });

  it('gives up a decided iteration that cannot be concluded', () => {
    const cancelled = applied(at('conclude'), { type: 'cancelled' });
    const state = applied(cancelled, { type: 'failed', reason: 'NOT_FOUND', detail: 'no society' });
    expect(state.status).toBe('cancelled');
    expect(state.detail).toContain('no society');
    expect(commandOf(state)).toBe('settle');
  });

  it('counts the phases from when they began', () => {
    const state = reduce(spec, at('awaitTraining'), {
      type: 'filled',
      iteration: 1,
      purpose: 'training',
      at: 99,
    }).state;
    expect(state.phaseSince).toBe(99);
    const progress = { type: 'progressed', iteration: 1, purpose: 'training', done: 1, total: 4 };
    expect(applied(at('awaitTraining'), progress as Unstamped).phaseSince).toBe(5);
  });
});

const DATASETS: SealedDataset[] = [sampleDataset('gen-1', 2), sampleDataset('critic-1', 1)];
const iteration = fc.nat(3);
const purpose = fc.constantFrom('training' as const, 'evaluation' as const);
const seat = fc.constantFrom('gen-1', 'critic-1');
const stepEvent: fc.Arbitrary<Unstamped> = fc.oneof(
  fc.record({ type: fc.constant('requested' as const), iteration, purpose, total: fc.nat(9) }),
  fc.record({
    type: fc.constant('progressed' as const),
    iteration,
    purpose,
    done: fc.nat(9),
    total: fc.nat(9),
  }),
  fc.record({ type: fc.constant('filled' as const), iteration, purpose }),
  fc.record({
    type: fc.constant('sealed' as const),
    iteration,
    datasets: fc.constant(DATASETS),
  }),
  fc.record({ type: fc.constant('jobSucceeded' as const), iteration, seat, ...constants(ADAPTER) }),
  fc.record({
    type: fc.constant('jobFailed' as const),
    iteration,
    seat,
    attempt: fc.nat(3),
    message: fc.constant('x'),
    log: fc.constant<string[]>(['x']),
  }),
  fc.record({ type: fc.constant('trained' as const), iteration }),
  fc.record({ type: fc.constant('registered' as const), iteration, revision: fc.nat(20) }),
  fc.record({ type: fc.constant('evaluated' as const), iteration }),
  fc.record({
    type: fc.constant('gated' as const),
    iteration,
    verdict: fc.constantFrom(sampleVerdict('promoted'), sampleVerdict('rejected')),
  }),
  fc.record({ type: fc.constant('concluded' as const), iteration, manifest: fc.constant(REF) }),
);
const control: fc.Arbitrary<Unstamped> = fc.constantFrom(
  { type: 'paused' as const },
  { type: 'resumed' as const },
);
const ending: fc.Arbitrary<Unstamped> = fc.constantFrom(
  { type: 'cancelled' as const },
  { type: 'failed' as const, reason: 'X', detail: 'x' },
);

function constants<T extends object>(value: T): { [K in keyof T]: fc.Arbitrary<T[K]> } {
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fc.constant(one)])) as {
    [K in keyof T]: fc.Arbitrary<T[K]>;
  };
}

describe('any interleaving of events', () => {
  const noise = fc.array(fc.oneof(stepEvent, control), { maxLength: 4 });

  it('leaves a cycle that ends when its commands are carried out', () => {
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 60 }), fc.boolean(), (storms, cancelled) => {
        let state = initialState(sampleSetting(), 0);
        for (const storm of storms) state = applied(state, ...storm);
        if (cancelled) state = applied(state, { type: 'cancelled' });
        for (let turn = 0; !isSettled(state); turn++) {
          expect(turn).toBeLessThan(200);
          const command: Command = commandOf(state);
          if (command === 'rest') state = applied(state, { type: 'resumed' });
          else if (command === 'train') {
            const waiting = Object.entries(state.work.jobs).filter(
              ([, job]) => job.status === 'waiting',
            );
            for (const [one] of waiting)
              state = applied(state, {
                type: 'jobSucceeded',
                iteration: state.iteration,
                seat: one,
                ...ADAPTER,
              });
            state = applied(state, { type: 'trained', iteration: state.iteration });
          } else state = applied(state, resultOf(state, 'promoted'));
        }
        expect(commandOf(state)).toBe('settle');
        expect(state.concluded.map((one) => one.iteration)).toEqual(
          state.concluded.map((_, index) => index),
        );
      }),
    );
  });

  it('skips no phase, and never goes back', () => {
    const order = [...new Set(STEPS.map((step) => PHASE_OF[step]))];
    fc.assert(
      fc.property(fc.array(fc.oneof(stepEvent, control, ending), { maxLength: 300 }), (events) => {
        let state = initialState(sampleSetting(), 0);
        for (const event of events) {
          const before = state;
          state = applied(state, event);
          if (isTerminal(state)) continue;
          const from = order.indexOf(PHASE_OF[before.step]);
          const to = order.indexOf(PHASE_OF[state.step]);
          if (state.iteration === before.iteration) expect([from, from + 1]).toContain(to);
          else {
            expect(state.iteration).toBe(before.iteration + 1);
            expect([before.step, state.step]).toEqual(['conclude', 'requestTraining']);
          }
        }
      }),
    );
  });

  it('changes nothing when an event is told twice', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(stepEvent, control, ending), { maxLength: 100 }), (events) => {
        let state = initialState(sampleSetting(), 0);
        for (const event of events) {
          state = applied(state, event);
          if (event.type !== 'jobsProgressed') expect(applied(state, event)).toBe(state);
        }
      }),
    );
  });

  it('never changes an ended cycle, but for the end of a decided iteration', () => {
    fc.assert(
      fc.property(
        ending,
        fc.array(fc.oneof(stepEvent, control, ending)),
        fc.nat(30),
        (end, events, steps) => {
          let state = initialState(sampleSetting(), 0);
          for (let turn = 0; turn < steps && !isTerminal(state); turn++)
            state = applied(state, resultOf(state, 'promoted'));
          const ended = applied(state, end);
          const later = applied(ended, ...events);
          expect(later.status).toBe(ended.status);
          if (!isDecided(ended)) expect(later).toBe(ended);
        },
      ),
    );
  });
});
