import { logProbabilities } from '../policy/choice.ts';
import { seededRandom } from '../policy/random.ts';
import type { Example } from './rows.ts';

/** How the parameters are fitted. */
export interface FitSettings {
  /** Passes over the rows. */
  readonly epochs: number;
  /** Step size of gradient ascent on the mean log-likelihood of the rows of a batch. */
  readonly learningRate: number;
  /** Rows a step. */
  readonly batchSize: number;
  /** Strength of the pull back to where the fit began, a step. */
  readonly pull: number;
  /** Decides the order of the rows. */
  readonly seed: number;
}

/** What one step did. */
export interface FitStep {
  readonly step: number;
  readonly steps: number;
  /** Mean negative log-likelihood a row of the batch, before the step, in nats. */
  readonly loss: number;
}

/** What a fit found. */
export interface Fitted {
  readonly theta: Float64Array;
  /** `FitStep.loss` of every step. */
  readonly loss: readonly number[];
  /** Euclidean norm of the batch gradient, its mean over all steps. */
  readonly gradientNorm: number;
}

/**
 * Fits parameters to rows by maximum likelihood: mini-batch gradient ascent whose step falls
 * linearly to a tenth, with a pull back to the start. Equal arguments give equal bits.
 */
export function trainParameters(
  start: Float64Array,
  rows: readonly (readonly Example[])[],
  settings: FitSettings,
  onStep?: (step: FitStep) => void,
): Fitted {
  const theta = start.slice();
  const gradient = new Float64Array(theta.length);
  const random = seededRandom(settings.seed);
  const batches = Math.ceil(rows.length / settings.batchSize);
  const steps = batches * settings.epochs;
  const losses: number[] = [];
  let norms = 0;
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    const order = shuffled(rows, random);
    for (let b = 0; b < batches; b++) {
      const batch = order.slice(b * settings.batchSize, (b + 1) * settings.batchSize);
      gradient.fill(0);
      let loss = 0;
      for (const row of batch) loss -= accumulate(theta, row, gradient);
      let squares = 0;
      const rate = settings.learningRate * (1 - (0.9 * losses.length) / steps);
      for (let k = 0; k < theta.length; k++) {
        const slope = (gradient[k] as number) / batch.length;
        squares += slope * slope;
        const away = (theta[k] as number) - (start[k] as number);
        theta[k] = (theta[k] as number) + rate * (slope - settings.pull * away);
      }
      norms += Math.sqrt(squares);
      losses.push(loss / batch.length);
      onStep?.({ step: losses.length, steps, loss: loss / batch.length });
    }
  }
  return { theta, loss: losses, gradientNorm: steps === 0 ? 0 : norms / steps };
}

/** Log-likelihood of examples under parameters, in nats. */
export function logLikelihood(theta: Float64Array, examples: readonly Example[]): number {
  let total = 0;
  for (const { choice, chosen } of examples) {
    total += logProbabilities(choice, theta)[chosen] as number;
  }
  return total;
}

/** Adds the gradient of a row's log-likelihood to `gradient`, and returns the log-likelihood. */
export function accumulate(
  theta: Float64Array,
  row: readonly Example[],
  gradient: Float64Array,
): number {
  let total = 0;
  for (const { choice, chosen } of row) {
    const logs = logProbabilities(choice, theta);
    total += logs[chosen] as number;
    for (let i = 0; i < choice.size; i++) {
      const weight = (i === chosen ? 1 : 0) - Math.exp(logs[i] as number);
      const end = choice.starts[i + 1] as number;
      for (let k = choice.starts[i] as number; k < end; k++) {
        const parameter = choice.index[k] as number;
        gradient[parameter] =
          (gradient[parameter] as number) + weight * (choice.value[k] as number);
      }
    }
  }
  return total;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}
