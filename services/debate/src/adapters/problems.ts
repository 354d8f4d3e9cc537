import { type ArtifactRef, type Artifacts, ParleyError } from '@parley/platform';
import { type Problem, parseProblem } from '../domain/batch.ts';

/** Longest line of a problems file, in characters: the largest question, escaped, and as much again. */
const LINE_LIMIT = 1024 * 1024;

/**
 * The problems of a JSONL artifact, in order; empty lines are passed over.
 * @throws ParleyError NOT_FOUND; DATA_CORRUPT for a wrong digest or a malformed line.
 */
export async function* problemsOf(
  artifacts: Pick<Artifacts, 'stream'>,
  ref: ArtifactRef,
): AsyncGenerator<Problem> {
  const decoder = new TextDecoder();
  let rest = '';
  let number = 0;
  for await (const piece of artifacts.stream(ref)) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_LIMIT)
      throw new ParleyError(
        'LIMIT_EXCEEDED',
        `problems: line ${number + lines.length + 1} is longer than ${LINE_LIMIT} characters`,
      );
    for (const line of lines) {
      number += 1;
      if (line.trim() !== '') yield parseProblem(line, number);
    }
  }
  if (rest.trim() !== '') yield parseProblem(rest, number + 1);
}
