import { seededRandom } from '@parley/platform';
import { canonical } from '../../services/voting/src/domain/equality/canonical.ts';
import { quickVerdict } from '../../services/voting/src/domain/equality/quick.ts';
import { policyOf } from '../../services/voting/src/domain/policy.ts';
import type { Settings } from '../../services/voting/src/domain/settings.ts';
import { SYMBOLIC_CASES } from '../../services/voting/src/domain/symbolic/cases.ts';
import { createSymbolicPool } from '../../services/voting/src/workers/pool.ts';
import { quantile } from './pool.ts';

/** What pairs took from being asked until the verdict, one after the other on one thread, none of them twice. */
export type PairsResult = {
  pairs: number;
  medianMs: number;
  p99Ms: number;
  worstMs: number;
  unknown: number;
  /** Verdicts that are not what the pair was made for, unknown ones included, in percent. */
  wrong: number;
};

/** Pairs of the product's own table, then many of coefficients drawn at random, with the memory of the process. */
export type SymbolicResult = {
  table: PairsResult;
  drawn: PairsResult;
  /** Resident bytes after a twentieth of the drawn pairs, after all of them, and the most of the samples between. */
  memory: { early: number; end: number; most: number };
};

type Pair = { a: string; b: string; equal: boolean; settings: Settings };

/** Makes two spellings of one answer from three numbers, the second of them off by `off`. */
type Form = (numbers: { p: number; q: number; r: number }, off: number) => [string, string];

const FORMS: readonly Form[] = [
  ({ p, q }, off) => [`(x+${p})(x+${q})`, `x^2+${p + q}x+${p * q + off}`],
  ({ p, q, r }, off) => [
    `\\frac{${p}\\sqrt{${q}}}{${r}}`,
    `\\sqrt{${q}}\\cdot\\frac{${p + off}}{${r}}`,
  ],
  ({ p, q, r }, off) => [
    `(-\\infty,${p})\\cup[${p + q},${p + q + r}]`,
    `[${p + q},${p + q + r + off}]\\cup(-\\infty,${p})`,
  ],
  ({ p, q, r }, off) => [`${p}x+${q}y=${r}`, `${r + off}=${q}y+${p}x`],
  ({ p, q, r }, off) => [
    `\\{${p}+x,${q + 1000}+x,${r + 2000}+x\\}`,
    `\\{x+${r + 2000},x+${p + off},x+${q + 1000}\\}`,
  ],
  ({ p, q, r }, off) => [
    `\\begin{pmatrix}${p}\\pi\\\\${q}+${r}\\pi\\end{pmatrix}`,
    `\\begin{pmatrix}\\pi\\cdot${p}\\\\${r}\\pi+${q + off}\\end{pmatrix}`,
  ],
  ({ p, q, r }, off) => [`${p}+${q}\\sqrt{${r * r * 2}}`, `${q * r}\\sqrt{2}+${p + off}`],
  ({ p, q, r }, off) => [`\\log_{${p}}(${q})+${r}`, `${r + off}+\\frac{\\ln ${q}}{\\ln ${p}}`],
  ({ p, q }, off) => [`\\frac{x^2-${p * p}}{x-${p}}+${q}`, `x+${p + q + off}`],
  ({ p, q, r }, off) => [`x_{${p}}+${q}y_{${r}}`, `${q}y_{${r}}+x_{${p + off}}`],
];

/** Usage: voting-pairs.ts <deadline in ms> <drawn pairs> <most seconds for them>; prints a SymbolicResult. */
const [deadlineMs = 250, count = 1_000_000, seconds = 120] = process.argv.slice(2).map(Number);
const pool = createSymbolicPool({ workers: 1, deadlineMs, queue: 1 });
const random = seededRandom(1);
const policy = policyOf('boxed');

await pool.compare('x+y', 'y+x', policy.settings);
const table = await measure(tablePairs());
const samples: number[] = [];
const drawn = await measure(drawnPairs());
await pool.close();
const result: SymbolicResult = {
  table,
  drawn,
  memory: {
    early: samples[Math.floor(samples.length / 20)] ?? 0,
    end: samples.at(-1) ?? 0,
    most: Math.max(...samples),
  },
};
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);

async function measure(pairs: Iterable<Pair>): Promise<PairsResult> {
  const durations: number[] = [];
  let unknown = 0;
  let wrong = 0;
  for (const { a, b, equal, settings } of pairs) {
    const start = performance.now();
    const verdict = await pool.compare(a, b, settings);
    durations.push(performance.now() - start);
    if (verdict === undefined) unknown += 1;
    if ((verdict ?? false) !== equal) wrong += 1;
  }
  return {
    pairs: durations.length,
    medianMs: quantile(durations, 0.5),
    p99Ms: quantile(durations, 0.99),
    worstMs: quantile(durations, 1),
    unknown,
    wrong: (100 * wrong) / durations.length,
  };
}

/** The pairs of the table that neither text nor number decides. */
function* tablePairs(): Generator<Pair> {
  for (const { policy: name, settings, equal, ...texts } of SYMBOLIC_CASES) {
    const own = policyOf(name, settings);
    const [a, b] = [canonical(own, texts.a), canonical(own, texts.b)];
    if (a && b && quickVerdict(own, a, b) === undefined)
      yield { a: a.text, b: b.text, equal, settings: own.settings };
  }
}

/** As many pairs as asked for, or as the time allows; half of them are equal. */
function* drawnPairs(): Generator<Pair> {
  const until = performance.now() + 1000 * seconds;
  for (let index = 0; index < count && performance.now() < until; index += 1) {
    if (index % 500 === 499) samples.push(process.memoryUsage().rss);
    const form = FORMS[index % FORMS.length];
    if (form !== undefined) yield inForm(form);
  }
}

function inForm(form: Form): Pair {
  const equal = random() < 0.5;
  const [p = 1, q = 1, r = 1] = Array.from({ length: 3 }, () => 3 + Math.floor(random() * 900));
  const [a, b] = form({ p, q, r }, equal ? 0 : 1 + Math.floor(random() * 5));
  return { a, b, equal, settings: policy.settings };
}
