import type { Choice } from './choice.ts';
import { ChoiceSet, scoreCandidates } from './choice.ts';
import type { Random } from './random.ts';

/**
 * What a program of the policy writes with. The same program generates when the pen samples, and
 * reads when the pen follows a given text: so that every text has one meaning in both directions.
 */
export interface Pen {
  /** False once there is no more to write or read; a program then returns at once. */
  readonly open: boolean;
  /** Scratch for the candidates of the next `choose`. */
  readonly set: ChoiceSet;
  /** Writes text that the choices so far determine. */
  fixed(text: string): void;
  /** Chooses among the candidates in `set`, and writes the chosen span; -1 when not open. */
  choose(spanOf: (candidate: number) => string): number;
}

/** How choices are drawn. Temperature 0 takes the most likely. */
export interface Sampling {
  readonly temperature: number;
  /** The share of probability that is kept at each choice, most likely first; 1 keeps all. */
  readonly topP: number;
}

/** A pen that draws every choice from the parameters. */
export class SamplingPen implements Pen {
  readonly open = true;
  readonly set = new ChoiceSet();
  text = '';
  readonly #theta: Float64Array;
  readonly #sampling: Sampling;
  readonly #random: Random;
  readonly #weights = new Float64Array(64);

  constructor(theta: Float64Array, sampling: Sampling, random: Random) {
    this.#theta = theta;
    this.#sampling = sampling;
    this.#random = random;
  }

  fixed(text: string): void {
    this.text += text;
  }

  choose(spanOf: (candidate: number) => string): number {
    const chosen = this.#draw();
    this.text += spanOf(chosen);
    return chosen;
  }

  #draw(): number {
    const { size } = this.set;
    const weights = this.#weights;
    const largest = scoreCandidates(this.set, this.#theta, weights);
    const { temperature, topP } = this.#sampling;
    if (temperature === 0) {
      let best = 0;
      for (let i = 1; i < size; i++)
        if ((weights[i] as number) > (weights[best] as number)) best = i;
      return best;
    }
    let total = 0;
    for (let i = 0; i < size; i++) {
      const weight = Math.exp(((weights[i] as number) - largest) / temperature);
      weights[i] = weight;
      total += weight;
    }
    if (topP < 1) total = truncate(weights, size, total, topP);
    let rest = this.#random() * total;
    let last = 0;
    for (let i = 0; i < size; i++) {
      const weight = weights[i] as number;
      if (weight === 0) continue;
      last = i;
      rest -= weight;
      if (rest < 0) return i;
    }
    return last;
  }
}

/** Zeroes the weights outside the smallest likeliest set of share `topP`; returns what is left. */
function truncate(weights: Float64Array, size: number, total: number, topP: number): number {
  let kept = 0;
  let floor = Number.POSITIVE_INFINITY;
  let tied = -1;
  while (kept < topP * total) {
    let best = -1;
    for (let i = 0; i < size; i++) {
      const weight = weights[i] as number;
      const before = weight > floor || (weight === floor && i <= tied);
      if (!before && (best < 0 || weight > (weights[best] as number))) best = i;
    }
    if (best < 0) return total;
    floor = weights[best] as number;
    tied = best;
    kept += floor;
  }
  for (let i = 0; i < size; i++) {
    const weight = weights[i] as number;
    if (weight < floor || (weight === floor && i > tied)) weights[i] = 0;
  }
  return kept;
}

/** One choice that was found in a text: candidates, the span of each, and where it stands. */
export interface TracedChoice {
  readonly choice: Choice;
  readonly spans: readonly string[];
  /** Offset of the span in the text. */
  readonly at: number;
  /** The candidate that the text took; -1 when the text ends or strays inside the span. */
  readonly chosen: number;
}

/** A text read back: its choices, and how far it keeps to the grammar. */
export interface Trace {
  readonly choices: readonly TracedChoice[];
  /** Offset of the first character outside the grammar; the text's length when there is none. */
  readonly end: number;
  /** True when the program ended exactly where the text ends. */
  readonly complete: boolean;
}

/** A pen that follows a given text and records the choices that it took. */
export class FollowingPen implements Pen {
  open = true;
  readonly set = new ChoiceSet();
  readonly choices: TracedChoice[] = [];
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  fixed(text: string): void {
    if (!this.open) return;
    if (this.#text.startsWith(text, this.at)) this.at += text.length;
    else this.#stray(text);
  }

  choose(spanOf: (candidate: number) => string): number {
    if (!this.open) return -1;
    const spans = Array.from({ length: this.set.size }, (_, i) => spanOf(i));
    const at = this.at;
    let chosen = -1;
    for (let i = 0; i < spans.length; i++) {
      const span = spans[i] as string;
      if (!this.#text.startsWith(span, at) || this.#splitsNumber(at + span.length)) continue;
      if (chosen < 0 || span.length > (spans[chosen] as string).length) chosen = i;
    }
    this.choices.push({ choice: this.set.freeze(), spans, at, chosen });
    if (chosen >= 0) this.at += (spans[chosen] as string).length;
    else this.open = false;
    return chosen;
  }

  /** What was found; call when the program has returned. */
  trace(): Trace {
    const complete = this.open && this.at === this.#text.length;
    return { choices: this.choices, end: this.at, complete };
  }

  #splitsNumber(end: number): boolean {
    return isDigit(this.#text.charCodeAt(end - 1)) && isDigit(this.#text.charCodeAt(end));
  }

  #stray(expected: string): void {
    this.open = false;
    let same = 0;
    while (same < expected.length && this.#text[this.at + same] === expected[same]) same++;
    this.at += same;
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
