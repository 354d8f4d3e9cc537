import type { FitSettings } from '../train/fit.ts';
import { trainParameters } from '../train/fit.ts';
import type { Row } from '../train/rows.ts';
import { readRow } from '../train/rows.ts';
import type { Debate, Society } from './debate.ts';

/** The rows of one iteration, for each seat; never mixed between seats. */
export interface Datasets {
  readonly generators: readonly (readonly Row[])[];
  readonly critics: readonly (readonly Row[])[];
}

/** Assembles every seat's rows from debates, with the share `w` of corrected conversations. */
export function assemble(debates: readonly Debate[], seats: number, w: number): Datasets {
  const generators: Row[][] = [];
  const critics: Row[][] = [];
  for (let n = 0; n < seats; n++) {
    const first: Row[] = [];
    const corrected: Row[] = [];
    const kept: Row[] = [];
    for (const { conversations, first: round1, last, consensus } of debates) {
      if (consensus === null) continue;
      const turns = conversations[n] ?? [];
      if (round1[n] === consensus) first.push({ messages: turns.slice(0, 2) });
      if (last[n] !== consensus) continue;
      const messages = turns.map((turn, i) => (i === 1 ? { ...turn, weight: 0 } : turn));
      (round1[n] === consensus ? kept : corrected).push({ messages });
    }
    generators.push(first);
    critics.push(mix(corrected, kept, w));
  }
  return { generators, critics };
}

/** Trains every seat on its own rows, from its own parameters. */
export function finetuneApart(society: Society, rows: Datasets, settings: FitSettings): Society {
  const train = (theta: Float64Array, own: readonly Row[], seat: number): Float64Array =>
    fitRows(theta, own, { ...settings, seed: settings.seed + seat });
  return {
    base: society.base,
    generators: society.generators.map((theta, n) => train(theta, rows.generators[n] ?? [], n)),
    critics: society.critics.map((theta, n) => train(theta, rows.critics[n] ?? [], 100 + n)),
  };
}

/** Trains one model on all rows and puts it in every seat. */
export function finetunePooled(society: Society, rows: Datasets, settings: FitSettings): Society {
  const all = [...rows.generators, ...rows.critics].flat();
  const theta = fitRows(society.generators[0] as Float64Array, all, settings);
  const seats = society.generators.map(() => theta);
  return { base: society.base, generators: seats, critics: seats };
}

function fitRows(theta: Float64Array, rows: readonly Row[], settings: FitSettings): Float64Array {
  const read = rows.map((row) => readRow(row, Number.POSITIVE_INFINITY));
  const examples = read.flatMap((row) => (row.kind === 'learned' ? [row.examples] : []));
  return trainParameters(theta, examples, settings).theta;
}

function mix(corrected: readonly Row[], kept: readonly Row[], w: number): Row[] {
  const total = Math.min(
    w > 0 ? corrected.length / w : Number.POSITIVE_INFINITY,
    w < 1 ? kept.length / (1 - w) : Number.POSITIVE_INFINITY,
  );
  return [
    ...corrected.slice(0, Math.round(total * w)),
    ...kept.slice(0, Math.round(total * (1 - w))),
  ];
}
