import { deriveSeed, invalid, type Random, seededRandom } from '@parley/platform';
import { LIMITS, type Problem, problemId, type SplitName } from './problem.ts';
import { productDifferences } from './product-difference.ts';

/** The forms of generated expressions; the first is the default. */
export const FORMS = ['a+b*c+d-e*f', 'b*c-d'] as const;
export type Form = (typeof FORMS)[number];

type Draw = { seed: number; train: number; evaluation: number };

/** What is to be generated: sizes of both splits, the form, and for the default form the largest operand. */
export type ArithmeticRequest = Draw & { form?: Form; operandMax?: number };

/** The same with nothing left open. Without `form` it is the default one, so that what was stored stays equal. */
export type ArithmeticSpec = Draw & ({ operandMax: number } | { form: 'b*c-d' });

/** The operand bound of the paper. */
export const DEFAULT_OPERAND_MAX = 30;

/**
 * The request with its default.
 * @throws ParleyError INVALID_ARGUMENT for an `operandMax` of a form that has ranges of its own.
 */
export function arithmeticSpec(request: ArithmeticRequest): ArithmeticSpec {
  const { form, operandMax, ...draw } = request;
  if (form !== 'b*c-d') return { ...draw, operandMax: operandMax ?? DEFAULT_OPERAND_MAX };
  if (operandMax === undefined) return { ...draw, form };
  throw invalid('arithmetic.operandMax', `must be left out: the form ${form} has its own ranges`);
}

/**
 * Problems of one form, no expression twice in both splits together. Equal specifications give equal problems
 * on every machine. In the default form integers are from 0 to `operandMax`; of the other one see
 * `productDifferences`.
 * @throws ParleyError INVALID_ARGUMENT naming the field when there are not twice as many expressions of the
 * default form as are asked for, or more than a split may have; LIMIT_EXCEEDED when the other form has too few.
 */
export function generateArithmetic(spec: ArithmeticSpec): Record<SplitName, Problem[]> {
  checkSizes(spec);
  if ('form' in spec) return productDifferences(spec.seed, spec);
  checkOperandMax(spec);
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

function checkSizes({ train, evaluation }: Draw): void {
  for (const [field, count] of Object.entries({ train, evaluation }))
    if (!Number.isInteger(count) || count < 1 || count > LIMITS.problems)
      throw invalid(`arithmetic.${field}`, `must be a whole number from 1 to ${LIMITS.problems}`);
}

function checkOperandMax({ train, evaluation, operandMax }: Draw & { operandMax: number }): void {
  if (!Number.isInteger(operandMax) || operandMax < 1 || operandMax > 1_000_000)
    throw invalid('arithmetic.operandMax', 'must be a whole number from 1 to 1000000');
  const expressions = (operandMax + 1) ** 6;
  if (2 * (train + evaluation) > expressions)
    throw invalid(
      'arithmetic.operandMax',
      `${operandMax} gives ${expressions} expressions; ${train + evaluation} problems need twice as many as they are`,
    );
}
