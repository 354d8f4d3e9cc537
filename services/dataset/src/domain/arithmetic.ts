import { deriveSeed, invalid, type Random, seededRandom } from '@parley/platform';
import { LIMITS, type Problem, problemId, type SplitName } from './problem.ts';

/** What is generated: sizes of both splits, and the largest operand. */
export type ArithmeticSpec = {
  seed: number;
  train: number;
  evaluation: number;
  operandMax: number;
};

/** The operand bound of the paper. */
export const DEFAULT_OPERAND_MAX = 30;

/**
 * Problems `a+b*c+d-e*f` with integers from 0 to `operandMax`, no expression twice in both splits together.
 * Equal specifications give equal problems on every machine.
 * @throws ParleyError INVALID_ARGUMENT naming the field when there are not twice as many expressions as are
 * asked for, or more than a split may have.
 */
export function generateArithmetic(spec: ArithmeticSpec): Record<SplitName, Problem[]> {
  check(spec);
  const random = seededRandom(deriveSeed(spec.seed, 'arithmetic'));
  const used = new Set<string>();
  const take = (split: SplitName, count: number) =>
    Array.from({ length: count }, (_, index) => {
      const { expression, value } = unused(random, spec.operandMax, used);
      const question = `What is the result of ${expression}?`;
      return { id: problemId(split, index + 1), question, answer: String(value) };
    });
  return { train: take('train', spec.train), evaluation: take('evaluation', spec.evaluation) };
}

function unused(random: Random, max: number, used: Set<string>) {
  for (;;) {
    const operand = () => Math.floor(random() * (max + 1));
    const [a, b, c, d, e, f] = [operand(), operand(), operand(), operand(), operand(), operand()];
    const expression = `${a}+${b}*${c}+${d}-${e}*${f}`;
    if (used.has(expression)) continue;
    used.add(expression);
    return { expression, value: a + b * c + d - e * f };
  }
}

function check({ train, evaluation, operandMax }: ArithmeticSpec): void {
  for (const [field, count] of Object.entries({ train, evaluation }))
    if (!Number.isInteger(count) || count < 1 || count > LIMITS.problems)
      throw invalid(`arithmetic.${field}`, `must be a whole number from 1 to ${LIMITS.problems}`);
  if (!Number.isInteger(operandMax) || operandMax < 1 || operandMax > 1_000_000)
    throw invalid('arithmetic.operandMax', 'must be a whole number from 1 to 1000000');
  const expressions = (operandMax + 1) ** 6;
  if (2 * (train + evaluation) > expressions)
    throw invalid(
      'arithmetic.operandMax',
      `${operandMax} gives ${expressions} expressions; ${train + evaluation} problems need twice as many as they are`,
    );
}
