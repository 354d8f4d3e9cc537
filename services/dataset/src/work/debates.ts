import { type Artifacts, ParleyError } from '@parley/platform';
import { checkFits, type LoadedTranscript, loadTranscript } from '../adapters/transcripts.ts';
import { hasResult } from '../domain/assess.ts';
import type { Collection, Result } from '../domain/collection.ts';
import type { Transcript } from '../domain/transcript.ts';

/** The debates of a filled collection, in the order of its problems. */
export type Debates = {
  results: readonly Result[];
  /** The transcript of the debate at a place; undefined when the debate came to no result. */
  transcript(place: number): Promise<Transcript | undefined>;
};

/**
 * Reads transcripts, and keeps up to `memoryBytes` of them for the next time. A transcript takes about
 * twice its size in memory.
 */
export function openDebates(
  artifacts: Artifacts,
  collection: Collection,
  results: readonly Result[],
  memoryBytes: number,
): Debates {
  const kept = new Map<number, Transcript>();
  let keptBytes = 0;

  function keep(place: number, { transcript, bytes }: LoadedTranscript): void {
    if (keptBytes + bytes > memoryBytes) return;
    keptBytes += bytes;
    kept.set(place, transcript);
  }

  return {
    results,
    async transcript(place) {
      const known = kept.get(place);
      if (known) return known;
      const result = results[place];
      if (!result || !hasResult(result.status)) return undefined;
      const loaded = await loadTranscript(artifacts, result);
      if (!loaded)
        throw new ParleyError(
          'DATA_CORRUPT',
          `debate ${result.debate} is ${result.status} without a transcript`,
        );
      checkFits(collection, loaded.transcript);
      keep(place, loaded);
      return loaded.transcript;
    },
  };
}
