/**
 * The candidates of one choice and their sparse features, in flat arrays that are reused from one
 * choice to the next: `reset`, then for each candidate `candidate` and its `feature`s.
 */
export class ChoiceSet {
  size = 0;
  used = 0;
  /** Candidate i has the features `starts[i]` up to `starts[i + 1]`. */
  readonly starts = new Int32Array(65);
  readonly index = new Int32Array(512);
  readonly value = new Float64Array(512);

  reset(): void {
    this.size = 0;
    this.used = 0;
  }

  candidate(): void {
    this.starts[this.size++] = this.used;
    this.starts[this.size] = this.used;
  }

  feature(parameter: number, value = 1): void {
    if (value === 0) return;
    this.index[this.used] = parameter;
    this.value[this.used++] = value;
    this.starts[this.size] = this.used;
  }

  /** A copy that stays as it is. */
  freeze(): Choice {
    return {
      size: this.size,
      starts: this.starts.slice(0, this.size + 1),
      index: this.index.slice(0, this.used),
      value: this.value.slice(0, this.used),
    };
  }
}

/** The candidates of one choice and their features. */
export interface Choice {
  readonly size: number;
  readonly starts: Int32Array;
  readonly index: Int32Array;
  readonly value: Float64Array;
}

/** Writes θ·φ of every candidate into `out`, and returns the largest. */
export function scoreCandidates(choice: Choice, theta: Float64Array, out: Float64Array): number {
  const { starts, index, value } = choice;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < choice.size; i++) {
    let score = 0;
    const end = starts[i + 1] as number;
    for (let k = starts[i] as number; k < end; k++) {
      score += (theta[index[k] as number] as number) * (value[k] as number);
    }
    out[i] = score;
    if (score > largest) largest = score;
  }
  return largest;
}

/** Log-probabilities of all candidates at temperature 1, without truncation. */
export function logProbabilities(choice: Choice, theta: Float64Array): Float64Array {
  const scores = new Float64Array(choice.size);
  const largest = scoreCandidates(choice, theta, scores);
  let sum = 0;
  for (let i = 0; i < choice.size; i++) sum += Math.exp((scores[i] as number) - largest);
  const normaliser = largest + Math.log(sum);
  for (let i = 0; i < choice.size; i++) scores[i] = (scores[i] as number) - normaliser;
  return scores;
}
