import { mapLimited, ParleyError } from '@parley/platform';
import type { DebateResult } from '../adapters/dataset.ts';
import type { InferenceClient } from '../adapters/inference.ts';
import { meanNegativeLogLikelihood, type Score } from '../domain/diversity.ts';
import { groupsOf } from './concurrent.ts';

/** K: the first problems of the split, on which the likelihood is measured. */
export const SAMPLE = 50;
const ITEMS = 64;
const CALLS = 4;

/**
 * Mean negative log-likelihood per token, in nats, of each agent's round-1 answers under every other
 * generation agent. Null, with a note, where scoring is not to be had.
 */
export async function measureLikelihood(
  inference: Pick<InferenceClient, 'score'>,
  of: {
    society: string;
    revision: number;
    agents: number;
    sample: DebateResult[];
    notes: string[];
  },
  signal: AbortSignal,
): Promise<number | null> {
  const { society, revision, agents, sample, notes } = of;
  let scores: Score[];
  try {
    const requests = Array.from({ length: agents }, (_, index) => index + 1).flatMap((position) => {
      const items = [...groupsOf(answersOfOthers(sample, position), ITEMS)];
      return items.map((group) => ({ society, revision, seat: `gen-${position}`, items: group }));
    });
    scores = (
      await mapLimited(requests, CALLS, (request) => inference.score(request, signal))
    ).flat();
  } catch (thrown) {
    const error = ParleyError.from(thrown);
    if (error.reason !== 'NOT_CONFIGURED' && error.reason !== 'ENGINE_REFUSED') throw error;
    notes.push(`likelihood was not measured: ${error.message}`);
    return null;
  }
  return meanNegativeLogLikelihood(scores);
}

function answersOfOthers(
  sample: DebateResult[],
  position: number,
): { prompt: string; answer: string }[] {
  return sample.flatMap(({ prompt, answers }) =>
    answers
      .filter(
        ({ round, position: other, text }) => round === 1 && other !== position && text !== '',
      )
      .map(({ text }) => ({ prompt, answer: text })),
  );
}
