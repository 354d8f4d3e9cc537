import type { ArtifactRef, Artifacts } from '@parley/platform';
import { problemsOf } from '../adapters/problems.ts';
import type { Problem } from '../domain/batch.ts';

/** Debates of a batch that are created, or cancelled, at once. */
export const CHUNK = 200;

/**
 * The problems behind the first `done` of them, in chunks.
 * @throws as `problemsOf`.
 */
export async function* chunksOf(
  artifacts: Pick<Artifacts, 'stream'>,
  problems: ArtifactRef,
  done: number,
): AsyncGenerator<Problem[]> {
  let chunk: Problem[] = [];
  let seen = 0;
  for await (const problem of problemsOf(artifacts, problems)) {
    seen += 1;
    if (seen <= done) continue;
    chunk.push(problem);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
