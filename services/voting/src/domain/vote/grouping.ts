import type { Answer, Verdict } from '../answer.ts';
import { after } from './after.ts';
import type { Named } from './reading.ts';
import { MAX_LISTED, MAX_UNKNOWN } from './vote.ts';

/** Comparisons of one vote that may be asynchronous; k distinct answers make k(k−1)/2. */
const MAX_WAITS = 2_000;
/** Comparisons of one vote: all pairs of 200 distinct answers. What is decided at once holds up other votes. */
const MAX_COMPARISONS = 20_000;
/** Comparisons of one vote that are under way at once. */
const ABREAST = 4;
/** Comparisons after which there may be a pause; one of numbers with a thousand digits takes up to a millisecond. */
const STRIDE = 4;

/** Whether two answers are equal; asynchronous where that takes a worker. Symmetric. */
export type Equal = (a: Answer, b: Answer) => Verdict | Promise<Verdict>;

/** Undefined, or what to wait for before going on. */
export type Pause = () => Promise<void> | undefined;

/** Answers in groups, and the first pairs that no step could decide. */
export type Grouping = { groups: Named[][]; unknown: { a: string; b: string }[] };

/** Of every answer those before it that equal it. */
type Comparisons = {
  equals: Map<Named, Set<Named>>;
  unknown: Grouping['unknown'];
  unknowns: number;
};

const UNASKED: Verdict = { equal: false, rule: '', unknown: true };

/**
 * Groups distinct answers without contradictions: no group holds two that were found different or could not be told
 * (complete linkage). In the order given, each answer joins the first group whose every answer it equals, else it
 * begins one; so what is grouped depends on the list alone, and of `5 cm`, `5 m` and `5` the last joins the earlier.
 * The first answers are compared first; when a bound on comparisons is reached, the rest count as unknown.
 * Rejects with what `equal` throws. Every few comparisons `pause` says whether to wait.
 */
export function groupAnswers(
  answers: readonly Named[],
  equal: Equal,
  pause?: Pause,
): Grouping | Promise<Grouping> {
  return after(compareAll(answers, equal, pause), (compared) => linked(answers, compared));
}

/** The comparisons of all pairs, in rounds of a few that wait. */
function compareAll(
  answers: readonly Named[],
  equal: Equal,
  pause?: Pause,
): Comparisons | Promise<Comparisons> {
  const found: Comparisons = { equals: new Map(), unknown: [], unknowns: 0 };
  const pairs = pairsOf(answers);
  let asked = 0;
  let waits = 0;
  function round(waiting: Promise<[Pair, Verdict]>[] = []): Comparisons | Promise<Comparisons> {
    while (waiting.length < ABREAST && found.unknowns < MAX_UNKNOWN) {
      const { value: pair } = pairs.next();
      if (pair === undefined) break;
      const isAllowed = asked < MAX_COMPARISONS && waits < MAX_WAITS;
      const verdict = isAllowed ? equal(pair.a.answer, pair.b.answer) : UNASKED;
      asked++;
      if (verdict instanceof Promise) {
        waits++;
        const noted = verdict.then((known): [Pair, Verdict] => [pair, known]);
        noted.catch(() => {}); // `equal` may throw before anybody waits for this one
        waiting.push(noted);
      } else note(found, pair, verdict);
      const turn = asked % STRIDE === 0 ? pause?.() : undefined;
      if (turn) return turn.then(() => round(waiting));
    }
    if (waiting.length === 0) return found;
    return Promise.all(waiting).then((verdicts) => {
      for (const [pair, verdict] of verdicts) note(found, pair, verdict);
      return round();
    });
  }
  return round();
}

/** An answer and one that stands behind it. */
type Pair = { a: Named; b: Named };

function* pairsOf(answers: readonly Named[]): Generator<Pair, undefined> {
  for (const [index, b] of answers.entries())
    for (const a of answers.slice(0, index)) yield { a, b };
}

function note(found: Comparisons, { a, b }: Pair, verdict: Verdict): void {
  const { equals, unknown } = found;
  if (verdict.unknown) {
    found.unknowns++;
    if (unknown.length < MAX_LISTED) unknown.push({ a: a.answer.text, b: b.answer.text });
  } else if (verdict.equal) {
    const before = equals.get(b);
    if (before === undefined) equals.set(b, new Set([a]));
    else before.add(a);
  }
}

function linked(answers: readonly Named[], { equals, unknown }: Comparisons): Grouping {
  const groups: Named[][] = [];
  for (const answer of answers) {
    const before = equals.get(answer);
    const home = before && groups.find((group) => group.every((one) => before.has(one)));
    if (home === undefined) groups.push([answer]);
    else home.push(answer);
  }
  return { groups, unknown };
}
