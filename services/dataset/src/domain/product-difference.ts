import { deriveSeed, ParleyError, seededRandom, shuffled } from '@parley/platform';
import { type Problem, problemId, SPLITS, type SplitName } from './problem.ts';

/** The operands of a problem `b*c-d`: b from 12 to 99, c from 3 to 9, d from 10 to 99. */
export type Operands = { b: number; c: number; d: number };

/** Of the training problems this share may be asked for. */
const TRAINING_SHARE = 0.2;

/**
 * Whether a problem is for evaluation only; every other one is for training only. What was trained on the
 * training side elsewhere, by this rule, has seen no evaluation problem.
 */
export function isForEvaluation({ b, c, d }: Operands): boolean {
  return (b * 31 + c * 17 + d * 7) % 11 === 0;
}

/** Whether the difference is not negative, even when the carry of b*c's ones is dropped: 38*6 as 188. */
export function isAllowed({ b, c, d }: Operands): boolean {
  return Math.floor(b / 10) * c * 10 + (((b % 10) * c) % 10) >= d;
}

/** Every problem there is, by its split, in the order of its operands. */
export function problemSpace(): Record<SplitName, Operands[]> {
  const space: Record<SplitName, Operands[]> = { train: [], evaluation: [] };
  for (let b = 12; b <= 99; b++)
    for (let c = 3; c <= 9; c++)
      for (let d = 10; d <= 99; d++) {
        const operands = { b, c, d };
        if (isAllowed(operands))
          space[isForEvaluation(operands) ? 'evaluation' : 'train'].push(operands);
      }
  return space;
}

/**
 * Problems `b*c-d`, none twice, drawn by the seed; their question is the bare expression, `38*6-19=?`. Equal
 * arguments give equal problems on every machine.
 * @throws ParleyError LIMIT_EXCEEDED naming the field and how many problems there are, when more are asked for.
 */
export function productDifferences(
  seed: number,
  sizes: Record<SplitName, number>,
): Record<SplitName, Problem[]> {
  const space = problemSpace();
  const most = {
    train: Math.floor(space.train.length * TRAINING_SHARE),
    evaluation: space.evaluation.length,
  };
  for (const split of SPLITS)
    if (sizes[split] > most[split]) {
      const field = `arithmetic.${split}`;
      throw new ParleyError(
        'LIMIT_EXCEEDED',
        `${field}: ${sizes[split]} are too many; the form b*c-d has ${space.train.length} distinct problems to train, of which at most ${most.train} (${TRAINING_SHARE * 100} %) may be asked for, and ${most.evaluation} to evaluate`,
        { field },
      );
    }
  const draw = (split: SplitName) =>
    shuffled(space[split], seededRandom(deriveSeed(seed, 'arithmetic', 'b*c-d', split)))
      .slice(0, sizes[split])
      .map(({ b, c, d }, index) => ({
        id: problemId(split, index + 1),
        question: `${b}*${c}-${d}=?`,
        answer: String(b * c - d),
      }));
  return { train: draw('train'), evaluation: draw('evaluation') };
}
