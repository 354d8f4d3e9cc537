import { type Artifacts, ParleyError } from '@parley/platform';
import type { Collection, Result } from '../domain/collection.ts';
import { parseTranscript, type Transcript } from '../domain/transcript.ts';

/** A transcript and how large its artifact is. */
export type LoadedTranscript = { transcript: Transcript; bytes: number };

/**
 * The transcript of a result, its digest checked, and undefined for a debate that left none.
 * @throws ParleyError DATA_CORRUPT naming the debate, also when it is not of this problem.
 */
export async function loadTranscript(
  artifacts: Artifacts,
  { debate, problemId, transcript: ref }: Result,
): Promise<LoadedTranscript | undefined> {
  if (ref.uri === '') return undefined;
  let content: Uint8Array;
  try {
    content = await artifacts.get(ref);
  } catch (thrown) {
    const { reason, message } = ParleyError.from(thrown);
    throw new ParleyError(
      reason === 'NOT_FOUND' ? 'DATA_CORRUPT' : reason,
      `transcript of debate ${debate}: ${message}`,
      { cause: thrown },
    );
  }
  const transcript = parseTranscript(content, debate);
  if (transcript.problemId !== problemId)
    throw new ParleyError(
      'DATA_CORRUPT',
      `transcript of debate ${debate} is of problem '${transcript.problemId}', not '${problemId}'`,
    );
  return { transcript, bytes: content.byteLength };
}

/**
 * Refuses a debate that a collection's datasets cannot be made of.
 * @throws ParleyError FAILED_PRECONDITION naming the debate and what it differs in.
 */
export function checkFits(collection: Collection, transcript: Transcript): void {
  for (const field of ['task', 'agents'] as const)
    if (transcript[field] !== collection[field])
      throw new ParleyError(
        'FAILED_PRECONDITION',
        `debate ${transcript.debate} has ${field} ${transcript[field]}, collection '${collection.id}' ${collection[field]}`,
      );
}
