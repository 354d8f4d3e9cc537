import type { Grader } from '../adapters/grader.ts';
import { type Assessment, alike, assess, firstAnswers } from '../domain/assess.ts';
import type { Collection } from '../domain/collection.ts';
import type { Transcript } from '../domain/transcript.ts';
import type { Debates } from './debates.ts';
import { blocksOf, inOrder } from './ordered.ts';

/** Debates that are read and judged together, and how many such blocks at once. */
const BLOCK = 32;
const BLOCKS_AHEAD = 3;

/**
 * What every debate gives every seat, in the order of the debates. Voting compares round 1's answers with
 * ŷ; a dataset itself compares none.
 */
export async function assessDebates(
  collection: Collection,
  debates: Debates,
  grader: Grader,
  signal: AbortSignal,
): Promise<Assessment[]> {
  async function judge(places: number[]): Promise<Assessment[]> {
    signal.throwIfAborted();
    const transcripts = await Promise.all(places.map((place) => debates.transcript(place)));
    const equal = await equalFirsts(transcripts);
    return places.map((place, index) => {
      const transcript = transcripts[index];
      if (transcript) return assess(transcript, equal[index] ?? new Set());
      const status = debates.results[place]?.status;
      const none = status === 'failed' || status === 'cancelled' ? status : 'no-consensus';
      return alike(none, collection.agents);
    });
  }

  /** For every transcript the positions whose y(n,1) equals ŷ. */
  async function equalFirsts(
    transcripts: readonly (Transcript | undefined)[],
  ): Promise<Set<number>[]> {
    const answers = transcripts.flatMap((transcript, index) => {
      const reference = transcript?.vote?.answer;
      if (!transcript || !reference) return [];
      return firstAnswers(transcript).map(({ position, text }) => ({
        index,
        position,
        pair: { answer: text, reference },
      }));
    });
    const verdicts = await grader.equal(
      collection.task,
      answers.map(({ pair }) => pair),
      signal,
    );
    const equal = transcripts.map(() => new Set<number>());
    for (const [at, { index, position }] of answers.entries())
      if (verdicts[at] === true) equal[index]?.add(position);
    return equal;
  }

  const assessments: Assessment[] = [];
  const blocks = blocksOf(debates.results.length, BLOCK);
  for await (const block of inOrder(blocks, BLOCKS_AHEAD, judge)) assessments.push(...block);
  return assessments;
}
