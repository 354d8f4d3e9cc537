import { type ArtifactRef, ParleyError } from '@parley/platform';
import { type Static, Type } from 'typebox';
import Value from 'typebox/value';

/** One agent's training, as a launcher starts it. The name says everything that makes it one. */
export type TrainingJob = {
  name: string;
  base: string;
  /** The adapter to continue; null starts from the base model. */
  parent: ArtifactRef | null;
  dataset: ArtifactRef;
  /** The trainer's settings, unread. */
  method: Record<string, unknown>;
  seed: number;
};

const Count = Type.Integer({ minimum: 0 });
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** `result.json`, the last thing that a trainer writes. `loss` is the curve, `seconds` its own time. */
export const TrainingResult = Type.Object({
  rowsRead: Count,
  rowsTrained: Count,
  rowsDropped: Type.Record(Type.String(), Count),
  tokens: Count,
  loss: Type.Array(Type.Number()),
  gradientNorm: Type.Number(),
  parentSha256: Type.Union([Sha256, Type.Null()]),
  adapterSha256: Sha256,
  seconds: Type.Number({ minimum: 0 }),
});

export type TrainingResult = Static<typeof TrainingResult>;

/** What a cycle keeps of a job's result. */
export type TrainingFigures = {
  rowsRead: number;
  rowsTrained: number;
  rowsDropped: Record<string, number>;
  tokens: number;
  loss: { first: number | null; last: number | null };
  gradientNorm: number;
  seconds: number;
};

/** @throws ParleyError TRAINING_FAILED naming what is wrong with the text of a `result.json`. */
export function parseTrainingResult(text: string): TrainingResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ParleyError('TRAINING_FAILED', 'result.json is no JSON', { cause });
  }
  const [wrong] = Value.Errors(TrainingResult, value);
  if (wrong)
    throw new ParleyError('TRAINING_FAILED', `result.json${wrong.instancePath} ${wrong.message}`);
  return value as TrainingResult;
}

/** Why a result shows that nothing was learned from the parent, or undefined when something was. */
export function nothingLearned(
  result: TrainingResult,
  parent: ArtifactRef | null,
): string | undefined {
  if (result.rowsTrained === 0) {
    const dropped = Object.entries(result.rowsDropped).map(([why, rows]) => `${rows} ${why}`);
    return `no row of ${result.rowsRead} was trained on${dropped.length === 0 ? '' : ` (dropped: ${dropped.join(', ')})`}`;
  }
  if (!(result.gradientNorm > 0)) return `the gradient norm is ${result.gradientNorm}`;
  if (result.parentSha256 !== (parent?.sha256 ?? null))
    return `it started from ${result.parentSha256 ?? 'the base model'}, not from ${parent?.sha256 ?? 'the base model'}`;
  if (result.adapterSha256 === parent?.sha256) return 'the adapter equals its parent';
  return undefined;
}

/** The part of a result that stays in the cycle's record. */
export function figuresOf(result: TrainingResult): TrainingFigures {
  const { rowsRead, rowsTrained, rowsDropped, tokens, loss, gradientNorm, seconds } = result;
  return {
    rowsRead,
    rowsTrained,
    rowsDropped,
    tokens,
    loss: { first: loss[0] ?? null, last: loss.at(-1) ?? null },
    gradientNorm,
    seconds,
  };
}
