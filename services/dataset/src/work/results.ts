import { ParleyError } from '@parley/platform';
import { loadTranscript } from '../adapters/transcripts.ts';
import type { DatasetContext } from '../context.ts';
import type { Result } from '../domain/collection.ts';
import type { Problem } from '../domain/problem.ts';
import type { Transcript } from '../domain/transcript.ts';
import { inOrder } from './ordered.ts';

/** How the debate over one problem went. */
export type ProblemResult = {
  problem: Problem;
  result: Result;
  transcript: Transcript | undefined;
};

const AHEAD = 16;

/**
 * The debates of a filled collection in the order of its problems, with what the split says of them.
 * @throws ParleyError NOT_FOUND; FAILED_PRECONDITION when it is not filled; DATA_CORRUPT naming a debate.
 */
export async function* problemResults(
  { collections, problemSets, artifacts }: DatasetContext,
  id: string,
  signal: AbortSignal,
): AsyncIterable<ProblemResult> {
  const collection = await collections.get(id);
  if (!collection.filled)
    throw new ParleyError('FAILED_PRECONDITION', `collection '${id}' is not filled yet`);
  const results = await collections.results(id);
  const problems = await problemSets.problems(collection.source);
  yield* inOrder(problems, AHEAD, async (problem) => {
    signal.throwIfAborted();
    const result = results.get(problem.id);
    if (!result)
      throw new ParleyError(
        'DATA_CORRUPT',
        `collection '${id}' is filled but has no result for problem '${problem.id}'`,
      );
    const loaded = await loadTranscript(artifacts, result);
    return { problem, result, transcript: loaded?.transcript };
  });
}
