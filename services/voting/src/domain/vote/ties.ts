import { deriveSeed, seededRandom } from '@parley/platform';
import type { Count, Counted } from './counting.ts';
import { byText } from './order.ts';
import type { Judge, Vote, VoteRequest } from './vote.ts';

/** Who won, and how where several groups were the heaviest. */
export type Outcome = Pick<Vote, 'winner' | 'tie' | 'tieBreak'>;

/** Ends a counted vote: its heaviest group, or what the tie policy makes of several. */
export function outcomeOf(
  { tie, seed }: Pick<VoteRequest, 'tie' | 'seed'>,
  { groups, hasSay }: Pick<Count, 'groups' | 'hasSay'>,
  isQuorate: boolean,
  judge?: Judge,
): Outcome | Promise<Outcome> {
  const heaviest = hasSay
    ? groups.filter(({ group }) => group.weight === groups[0]?.group.weight)
    : [];
  const [only] = heaviest;
  if (heaviest.length < 2 || !isQuorate) {
    const winner = isQuorate ? (only?.group ?? null) : null;
    return { winner, tie: heaviest.length > 1, tieBreak: '' };
  }
  const tied = heaviest.toSorted((a, b) => byText(a.group.answer, b.group.answer));
  switch (tie) {
    case 'random':
      return drawn(tied, seed);
    case 'earliest':
      return broken(tied.toSorted((a, b) => a.first - b.first)[0], 'earliest');
    case 'none':
      return broken(undefined, '');
    case 'judge':
      return judge === undefined ? drawn(tied, seed) : judged(tied, seed, judge);
    default:
      return tie satisfies never;
  }
}

function drawn(tied: readonly Counted[], seed: number): Outcome {
  const random = seededRandom(deriveSeed(seed, 'tie'));
  return broken(tied[Math.floor(random() * tied.length)], 'random');
}

async function judged(tied: readonly Counted[], seed: number, judge: Judge): Promise<Outcome> {
  const index = await asked(
    judge,
    tied.map(({ group }) => group.answer),
  );
  const chosen = index === undefined ? undefined : tied[index];
  return chosen === undefined ? drawn(tied, seed) : broken(chosen, 'judge');
}

async function asked(judge: Judge, answers: readonly string[]): Promise<number | undefined> {
  try {
    return await judge(answers);
  } catch {
    return undefined;
  }
}

function broken(winner: Counted | undefined, tieBreak: Vote['tieBreak']): Outcome {
  return { winner: winner?.group ?? null, tie: true, tieBreak };
}
