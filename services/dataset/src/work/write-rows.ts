import { PassThrough } from 'node:stream';
import type { Artifacts, StoredArtifact } from '@parley/platform';
import type { SeatPlan } from '../domain/assembly.ts';
import { rowLine } from '../domain/row.ts';
import type { Debates } from './debates.ts';
import { blocksOf, inOrder } from './ordered.ts';

/** One dataset's file: where it goes and the seats whose rows it takes. */
export type RowFile = { path: string; plans: readonly SeatPlan[] };

const BLOCK = 32;
const BLOCKS_AHEAD = 3;
/** Bytes that wait for a slow artifact store, for each file. */
const BUFFERED_BYTES = 1024 * 1024;

/**
 * Writes all files side by side in one pass over the debates: rows in the order of the problems, those of
 * one problem in the order of the seats.
 */
export async function writeRows(
  artifacts: Artifacts,
  debates: Debates,
  files: readonly RowFile[],
  signal: AbortSignal,
): Promise<StoredArtifact[]> {
  const seats = files.map(({ plans }) => plans.map(seatRows));
  const streams = files.map(() => new PassThrough({ highWaterMark: BUFFERED_BYTES }));
  const stored = files.map(async ({ path }, index) => {
    const stream = streams[index] as PassThrough;
    stream.on('error', () => {});
    try {
      return await artifacts.put(path, stream as AsyncIterable<Uint8Array>);
    } catch (thrown) {
      stream.destroy(thrown as Error);
      throw thrown;
    }
  });

  async function rowsOf(places: number[]): Promise<string[]> {
    signal.throwIfAborted();
    const texts = files.map(() => '');
    for (const place of places) {
      const taking = seats.map((plans) => plans.filter(({ debates: taken }) => taken.has(place)));
      if (taking.every((plans) => plans.length === 0)) continue;
      const transcript = await debates.transcript(place);
      if (!transcript) continue;
      for (const [file, plans] of taking.entries())
        for (const { plan } of plans) texts[file] += rowLine(transcript, plan);
    }
    return texts;
  }

  try {
    const blocks = blocksOf(debates.results.length, BLOCK);
    for await (const texts of inOrder(blocks, BLOCKS_AHEAD, rowsOf))
      await Promise.all(
        texts.map((text, file) => text !== '' && send(streams[file] as PassThrough, text)),
      );
    for (const stream of streams) stream.end();
    return await Promise.all(stored);
  } catch (thrown) {
    for (const stream of streams) stream.destroy(thrown as Error);
    await Promise.allSettled(stored);
    throw thrown;
  }
}

function seatRows(plan: SeatPlan) {
  return { plan, debates: new Set(plan.debates) };
}

function send(stream: PassThrough, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
