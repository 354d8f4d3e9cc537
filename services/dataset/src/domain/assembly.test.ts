import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { said, type ToldDebate, transcriptJson } from '../testing/transcript.ts';
import { planSeats } from './assembly.ts';
import { type Assessment, assess } from './assess.ts';
import { rowLine } from './row.ts';
import { parseTranscript, type Transcript } from './transcript.ts';

function read(told: ToldDebate): Transcript {
  return parseTranscript(transcriptJson(told), told.debate);
}

function judged(transcript: Transcript): Assessment {
  const equal = transcript.answers.filter(
    ({ round, text }) => round === 1 && text === said(transcript.vote?.answer ?? ''),
  );
  return assess(transcript, new Set(equal.map(({ position }) => position)));
}

const CASES: [string, Partial<ToldDebate>, string[], string[]][] = [
  [
    'right, wrong and corrected',
    {
      rounds: [
        ['5', '4', '5'],
        ['5', '5', '4'],
      ],
    },
    ['generation', 'differs', 'generation'],
    ['kept', 'corrected', 'differs'],
  ],
  [
    'an unextracted first answer',
    {
      rounds: [
        ['?', '5', '5'],
        ['5', '5', '?'],
      ],
    },
    ['differs', 'generation', 'generation'],
    ['corrected', 'kept', 'differs'],
  ],
  [
    'absences',
    {
      rounds: [
        [null, '5', '5'],
        ['5', null, '5'],
      ],
    },
    ['absent', 'generation', 'generation'],
    ['absent', 'absent', 'kept'],
  ],
  [
    'an absence in the middle',
    {
      rounds: [
        ['5', '5', '5'],
        ['5', null, '5'],
        ['5', '5', '4'],
      ],
    },
    ['generation', 'generation', 'generation'],
    ['kept', 'absent', 'differs'],
  ],
  [
    'no consensus',
    {
      rounds: [
        ['5', '5', '5'],
        ['?', '?', '?'],
      ],
    },
    ['no-consensus', 'no-consensus', 'no-consensus'],
    ['no-consensus', 'no-consensus', 'no-consensus'],
  ],
  [
    'one round',
    { rounds: [['5', '5', '4']] },
    ['generation', 'generation', 'differs'],
    ['no-critic-turn', 'no-critic-turn', 'no-critic-turn'],
  ],
  [
    'a debate without critics',
    {
      critics: false,
      rounds: [
        ['5', '4', '5'],
        ['5', '5', '5'],
      ],
    },
    ['generation', 'differs', 'generation'],
    ['no-critic-turn', 'no-critic-turn', 'no-critic-turn'],
  ],
  [
    'a last round that was cut short',
    {
      rounds: [
        ['5', '4', '5'],
        ['5', '5', '5'],
      ],
      unvoted: [['4', null, null]],
    },
    ['generation', 'differs', 'generation'],
    ['kept', 'corrected', 'kept'],
  ],
];

describe('assess', () => {
  it.each(CASES)('judges %s', (_name, told, generation, critic) => {
    const transcript = read({ debate: 'd', problemId: 'p', rounds: [], ...told });
    expect(judged(transcript)).toMatchObject({ generation, critic });
  });
});

it('writes rows of conversations, in which only the critic’s turns are learned', () => {
  const transcript = read({
    debate: 'd',
    problemId: 'p',
    rounds: [
      ['4', '5'],
      ['5', '5'],
    ],
    unvoted: [['5', null]],
  });
  expect(JSON.parse(rowLine(transcript, { role: 'generation', position: 2 }))).toEqual({
    messages: [
      { role: 'user', content: 'round 1 of p?' },
      { role: 'assistant', content: said('5') },
    ],
  });
  expect(JSON.parse(rowLine(transcript, { role: 'critic', position: 1 }))).toEqual({
    messages: [
      { role: 'user', content: 'round 1 of p?' },
      { role: 'assistant', content: said('4'), weight: 0 },
      { role: 'user', content: 'round 2 of p?' },
      { role: 'assistant', content: said('5') },
    ],
  });
});

describe('planSeats', () => {
  const agents = 3;
  const answer = fc.constantFrom('1', '2', '3', '?', null);
  const round = fc.array(answer, { minLength: agents, maxLength: agents });
  const debates = fc.array(
    fc
      .array(round, { minLength: 1, maxLength: 3 })
      .filter((rounds) => rounds.at(-1)?.some((one) => one !== null) ?? false),
    { maxLength: 40 },
  );
  const weight = fc.constantFrom(0, 0.25, 0.5, 0.7, 1);

  function transcriptsOf(told: (string | null)[][][]): Transcript[] {
    return told.map((rounds, index) =>
      read({ debate: `d${index}`, problemId: `p${index}`, rounds }),
    );
  }

  it('takes only rows whose final answer is the consensus, each seat its own', () => {
    fc.assert(
      fc.property(debates, weight, fc.nat(), (told, w, seed) => {
        const transcripts = transcriptsOf(told);
        const plans = planSeats(transcripts.map(judged), {
          collection: 'c',
          agents,
          weight: w,
          seed,
        });
        expect(plans).toHaveLength(2 * agents);
        for (const plan of plans) {
          for (const place of plan.debates) {
            const transcript = transcripts[place] as Transcript;
            const { messages } = JSON.parse(rowLine(transcript, plan));
            expect(messages.at(-1).content).toBe(said(transcript.vote?.answer ?? 'none'));
            const learned = messages.filter(
              (one: { role: string; weight?: number }) =>
                one.role === 'assistant' && one.weight !== 0,
            );
            expect(learned).toHaveLength(
              plan.role === 'generation' ? 1 : (transcript.vote?.round ?? 0) - 1,
            );
            const own = transcript.answers.filter(
              ({ position, failure }) => position === plan.position && failure === '',
            );
            for (const message of messages)
              expect(own.some(({ prompt, text }) => [prompt, text].includes(message.content))).toBe(
                true,
              );
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('accounts for every debate in every seat and respects w', () => {
    fc.assert(
      fc.property(debates, weight, fc.nat(), (told, w, seed) => {
        const assessments = transcriptsOf(told).map(judged);
        const settings = { collection: 'c', agents, weight: w, seed };
        const plans = planSeats(assessments, settings);
        expect(planSeats(assessments, settings)).toEqual(plans);
        for (const { pools, leftOut, debates: taken, role } of plans) {
          const available = Object.values(pools).reduce((sum, pool) => sum + pool.available, 0);
          const out = Object.values(leftOut).reduce((sum, count) => sum + count, 0);
          expect(available + out).toBe(told.length);
          expect(new Set(taken).size).toBe(taken.length);
          const used = Object.values(pools).reduce((sum, pool) => sum + pool.used, 0);
          expect(taken).toHaveLength(used);
          if (role === 'critic')
            expect(Math.abs((pools.corrected?.used ?? 0) - w * used)).toBeLessThanOrEqual(0.5001);
        }
      }),
      { numRuns: 60 },
    );
  });
});
