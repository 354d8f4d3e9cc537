import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Answer, type Extraction, MAX_ANSWER } from './domain/answer.ts';
import { canonical } from './domain/equality/canonical.ts';
import { quickVerdict } from './domain/equality/quick.ts';
import { extractAnswer, extractReference } from './domain/extraction/extract.ts';
import { POLICIES, policyOf } from './domain/policy.ts';
import { anyAnswer, anyResponse, BOMBS } from './testing/hostile.ts';
import { createSymbolicPool } from './workers/pool.ts';

/** Characters of a hostile response, and the time in which it must be read: generous, quadratic work needs minutes. */
const LONG = 2 ** 17;
const READ_MS = 500;
/** The longest answer must be brought into its form in this time; generous, too. */
const FORM_MS = 300;
const DEADLINE_MS = 250;
/** Beside the deadline a pair may wait for a thread that is replaced. */
const SLACK_MS = 3000;

/** Runs a property on as many inputs as a time allows, the same ones in the same order every time. */
function hold<T>(ms: number, texts: fc.Arbitrary<T>, property: (input: T) => void): void {
  fc.assert(fc.property(texts, property), {
    seed: 6,
    numRuns: 1_000_000,
    interruptAfterTimeLimit: ms,
  });
}

/** Milliseconds that work takes: the least of three, as a busy machine may hold up one. */
function elapsed(work: () => void): number {
  const times = [1, 2, 3].map(() => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}

/** That an extraction is one: its place inside the text, its answer within bounds. */
function checkExtraction(found: Extraction | undefined, text: string): void {
  if (found === undefined) return;
  const { from, to, answer } = found;
  expect([from, to].every(Number.isInteger)).toBe(true);
  expect(from).toBeGreaterThanOrEqual(0);
  expect(to).toBeGreaterThan(from);
  expect(to).toBeLessThanOrEqual(text.length);
  checkAnswer(answer);
}

function checkAnswer(answer: Answer): void {
  expect(answer.text).not.toBe('');
  expect(answer.text.length).toBeLessThanOrEqual(2 * MAX_ANSWER);
}

const anyPolicy = fc.constantFrom(...POLICIES);

describe('extraction of hostile text', () => {
  it('never throws and says a place inside the text', () => {
    hold(1500, fc.tuple(anyPolicy, anyResponse), ([policy, text]) => {
      checkExtraction(extractAnswer(policy, text), text);
      checkExtraction(extractReference(policy, text), text);
    });
  });

  it.each(POLICIES.map(({ name }) => name))('reads long texts in bounded time: %s', (name) => {
    const policy = policyOf(name);
    const slow = Object.entries(BOMBS).flatMap(([bomb, textOf]) => {
      const text = textOf(LONG);
      const ms = elapsed(() => checkExtraction(extractAnswer(policy, text), text));
      return ms > READ_MS ? [`${bomb}: ${ms.toFixed(0)} ms`] : [];
    });
    expect(slow).toEqual([]);
  });

  it('reads a megabyte of what nests and repeats', () => {
    const policy = policyOf('boxed');
    for (const bomb of [
      'open boxes, then closed ones',
      'fractions in fractions',
      'phrases in boxes',
    ]) {
      const text = BOMBS[bomb]?.(8 * LONG) ?? '';
      expect(text.length).toBeGreaterThan(4 * LONG);
      expect(elapsed(() => checkExtraction(extractAnswer(policy, text), text))).toBeLessThan(
        8 * READ_MS,
      );
    }
  });
});

describe('equality of hostile text', () => {
  it('is reflexive and symmetric, and the form of a form is itself', () => {
    hold(1500, fc.tuple(anyPolicy, anyAnswer, anyAnswer), ([policy, first, second]) => {
      const a = canonical(policy, first);
      const b = canonical(policy, second);
      for (const one of [a, b]) {
        if (one === undefined) continue;
        checkAnswer(one);
        expect(canonical(policy, one.text)?.text).toBe(one.text);
        expect(quickVerdict(policy, one, one)).toMatchObject({ equal: true, unknown: false });
      }
      if (a !== undefined && b !== undefined)
        expect(quickVerdict(policy, a, b)).toEqual(quickVerdict(policy, b, a));
    });
  });

  it('brings the longest answers into their form in bounded time', () => {
    const slow = POLICIES.flatMap((policy) =>
      Object.entries(BOMBS).flatMap(([bomb, textOf]) => {
        const ms = [MAX_ANSWER, LONG].map((length) => {
          const text = textOf(length);
          return elapsed(() => canonical(policy, text));
        });
        return Math.max(...ms) > FORM_MS ? [`${policy.name}, ${bomb}: ${ms}`] : [];
      }),
    );
    expect(slow).toEqual([]);
  });
});

describe('symbolic comparison of hostile text', () => {
  const policy = policyOf('boxed');
  const pool = createSymbolicPool({ workers: 1, deadlineMs: DEADLINE_MS, queue: 10 });
  afterAll(() => pool.close());
  let asked = 0;

  /** The verdict, and the time it took. */
  async function compare(
    a: string,
    b: string,
  ): Promise<{ equal: boolean | undefined; ms: number }> {
    const start = performance.now();
    const equal = await pool.compare(a, b, policy.settings);
    return { equal, ms: performance.now() - start };
  }

  /** That a pair that was never asked before is decided right. */
  async function expectAlive(): Promise<void> {
    asked += 1;
    const square = `(x+${asked})^2`;
    const sum = `x^2+${2 * asked}x`;
    expect(await pool.compare(square, `${sum}+${asked ** 2}`, policy.settings)).toBe(true);
    expect(await pool.compare(square, `${sum}+${asked ** 2 + 1}`, policy.settings)).toBe(false);
  }

  it.each([
    ['9^{9^{9^{9}}}', '9^{9^{9^{9}}}+1'],
    ['9^9^9^9', '2'],
    ['10^{10^{10}}', '10^{10^{10}}+1'],
    ['((10^9)!)!', '(10^9)!'],
    ['\\sum_{n=1}^{10^{12}} \\frac{1}{n}', '1'],
    ['\\prod_{n=1}^{10^{9}} n', '1'],
    ['\\int_0^1 \\int_0^1 \\int_0^1 e^{x^2y^2z^2} dx dy dz', '1'],
    ['\\binom{10^{12}}{5 \\cdot 10^{11}}', '1'],
    ['(x+y+z+1)^{1000}', '(x+y+z+2)^{1000}'],
    ['x^{x^{x^{x^{x^{x}}}}}', 'x^{x^{x^{x^{x^{y}}}}}'],
    ['\\sqrt'.repeat(200), '1'],
    [`${'\\frac{1}{'.repeat(110)}2${'}'.repeat(110)}`, '2'],
    [`${'('.repeat(500)}1${')'.repeat(500)}`, '2'],
    ['{'.repeat(1000), '}'.repeat(1000)],
    [`\\sin(${'\\cos('.repeat(150)}x${')'.repeat(150)})`, 'x'],
    [Array.from({ length: 200 }, (_, index) => `x_${index}`).join('+'), 'x_1'],
    [`\\begin{pmatrix}${'1&2\\\\'.repeat(150)}\\end{pmatrix}`, '\\begin{pmatrix}1\\end{pmatrix}'],
    [`\\{${'1,'.repeat(500)}\\}`, `\\{${'2,'.repeat(500)}\\}`],
    ['1\\pm'.repeat(200), '1'],
    ['(1,2)\\cup'.repeat(100), '(1,2)'],
    ['\ud800\u0000\u202e', '\u202e\ud800'],
    [`${'9'.repeat(1000)}x`, `${'9'.repeat(999)}8x`],
    [`2^{${'9'.repeat(300)}}`, `2^{${'9'.repeat(299)}8}`],
    ['0^{0^{0}}', '\\frac{0}{0}'],
    ['\\begin{cases}'.repeat(70), '\\left'.repeat(200)],
  ])('ends within its deadline and goes on: %#', async (a, b) => {
    const { equal, ms } = await compare(a, b);
    expect(equal).not.toBe(true);
    expect(ms).toBeLessThan(DEADLINE_MS + SLACK_MS);
    await expectAlive();
  });

  it('ends within its deadline on whatever grammar and mutation make', async () => {
    const until = performance.now() + 3000;
    const pairs = fc.sample(fc.tuple(anyAnswer, anyAnswer), { seed: 6, numRuns: 20_000 });
    for (const [first, second] of pairs) {
      if (performance.now() > until) break;
      const [a, b] = [canonical(policy, first)?.text, canonical(policy, second)?.text];
      if (a === undefined || b === undefined) continue;
      const { ms } = await compare(a, b);
      expect(ms, `${a} and ${b}`).toBeLessThan(DEADLINE_MS + SLACK_MS);
      expect((await compare(a, a)).equal, a).not.toBe(false);
    }
    await expectAlive();
  });
});
