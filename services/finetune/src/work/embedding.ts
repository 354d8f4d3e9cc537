import { ParleyError } from '@parley/platform';
import type { DebateResult } from '../adapters/dataset.ts';
import type { InferenceClient } from '../adapters/inference.ts';
import { dissimilarity } from '../domain/diversity.ts';
import { groupsOf, mapLimited } from './concurrent.ts';

const TEXTS = 64;
const CALLS = 4;

/**
 * Measures how unlike the round-1 answers to each question are. Where no embeddings are configured it says
 * so in `notes`, once, and asks no more.
 */
export function embeddingMeter(inference: Pick<InferenceClient, 'embed'>, notes: string[]) {
  let missing = false;
  return {
    async dissimilarities(
      results: DebateResult[],
      signal: AbortSignal,
    ): Promise<(number | undefined)[]> {
      if (missing) return results.map(() => undefined);
      const texts = results.map(({ answers }) =>
        answers
          .filter(({ round, text }) => round === 1 && text !== '')
          .sort((a, b) => a.position - b.position)
          .map(({ text }) => text),
      );
      try {
        const groups = [...groupsOf(texts.flat(), TEXTS)];
        const vectors = (
          await mapLimited(groups, CALLS, (group) => inference.embed(group, signal))
        ).flat();
        return texts.map(({ length }) => dissimilarity(vectors.splice(0, length)));
      } catch (thrown) {
        const error = ParleyError.from(thrown);
        if (error.reason !== 'NOT_CONFIGURED') throw error;
        missing = true;
        notes.push(`embedding dissimilarity was not measured: ${error.message}`);
        return results.map(() => undefined);
      }
    },
  };
}
