import { mapLimited } from '@parley/platform';
import type { DebateResult, ResultAnswer } from '../adapters/dataset.ts';
import type { VotingClient } from '../adapters/voting.ts';
import { disagreement } from '../domain/diversity.ts';
import type { GradedProblem } from '../domain/evaluation.ts';
import { seeds } from '../domain/spec.ts';
import type { CycleRecord } from '../domain/state.ts';
import { groupsOf } from './concurrent.ts';

const TALLIES = 16;
/** One call has at most so many pairs and characters; voting takes 32 MiB. */
const PAIRS = 256;
const CHARACTERS = 4 * 1024 * 1024;

/** Everything about the problems but the embeddings, in their order. */
export async function gradeResults(
  voting: VotingClient,
  { spec, setting }: CycleRecord,
  results: DebateResult[],
  signal: AbortSignal,
): Promise<Omit<GradedProblem, 'dissimilarity'>[]> {
  const { task, agents } = setting;
  const votes = await mapLimited(results, TALLIES, async (result) => {
    const responses = answersOf(result, 1, agents).flatMap((text) => text ?? []);
    if (responses.length === 0) return undefined;
    const seed = seeds.majority(spec, result.problem);
    const { answer, groupSizes } = await voting.tally(task, responses, seed, signal);
    return { answer, disagreement: disagreement(responses.length, groupSizes) };
  });
  const pairs: { answer: string; reference: string }[] = [];
  /** Where the grade of an answer will stand; undefined for one that is absent. */
  function graded(answer: string | undefined, reference: string): number | undefined {
    return answer === undefined ? undefined : pairs.push({ answer, reference }) - 1;
  }
  const places = results.map((result, index) => {
    const { reference } = result;
    const place = (text: string | undefined) => graded(text, reference);
    const lastRound = Math.max(1, ...result.answers.map(({ round }) => round));
    return {
      first: answersOf(result, 1, agents).map(place),
      last: lastRound === 1 ? [] : answersOf(result, lastRound, agents).map(place),
      majority: place(votes[index]?.answer),
      debate: place(hasAnswer(result) ? result.answer : undefined),
    };
  });
  const grades: boolean[] = [];
  const weigh = (pair: (typeof pairs)[0]) => pair.answer.length + pair.reference.length;
  for (const group of groupsOf(pairs, PAIRS, { weigh, most: CHARACTERS }))
    grades.push(...(await voting.grade(task, group, signal)));
  const at = (place: number | undefined) => (place === undefined ? null : grades[place] === true);
  return results.map(({ status, consensus, tokens }, index) => ({
    status,
    consensus,
    tokens,
    first: (places[index]?.first ?? []).map(at),
    last: (places[index]?.last ?? []).map(at),
    majority: at(places[index]?.majority) === true,
    debate: at(places[index]?.debate) === true,
    disagreement: votes[index]?.disagreement,
  }));
}

function hasAnswer({ status, answer }: DebateResult): boolean {
  return answer !== '' && (status === 'completed' || status === 'partial');
}

/** The answers of one round by position; undefined where an agent was absent. */
export function answersOf(
  { answers }: { answers: ResultAnswer[] },
  round: number,
  agents: number,
): (string | undefined)[] {
  const texts = new Array<string | undefined>(agents).fill(undefined);
  for (const answer of answers)
    if (answer.round === round && answer.position <= agents && answer.text !== '')
      texts[answer.position - 1] = answer.text;
  return texts;
}
