import { mapLimited, ParleyError } from '@parley/platform';
import type { DebateResult } from '../adapters/dataset.ts';
import type { InferenceClient } from '../adapters/inference.ts';
import { dissimilarity } from '../domain/diversity.ts';
import { groupsOf } from './concurrent.ts';

const TEXTS = 64;
const CALLS = 4;

/**
 * Measures how unlike the round-1 answers to each question are. Where no embeddings are configured it says
 * so in `notes`, once, and asks no more; texts that the embedding server refuses leave their problems
 * unmeasured, with a note.
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
        if (error.reason !== 'NOT_CONFIGURED' && error.reason !== 'ENGINE_REFUSED') throw error;
        missing = error.reason === 'NOT_CONFIGURED';
        const where = missing
          ? ''
          : ` for problems ${results[0]?.problem} to ${results.at(-1)?.problem}`;
        notes.push(`embedding dissimilarity was not measured${where}: ${error.message}`);
        return results.map(() => undefined);
      }
    },
  };
}
