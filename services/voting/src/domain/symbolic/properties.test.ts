import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../settings.ts';
import { createSymbolicComparer } from './compare.ts';

/** An expression as a tree, so that it can be rewritten and changed. */
type Tree =
  | { kind: 'leaf'; text: string }
  | { kind: '+' | '*' | '/'; left: Tree; right: Tree }
  | { kind: 'power'; base: Tree; exponent: number }
  | { kind: 'function'; name: string; of: Tree };

const RUNS = { numRuns: 150, seed: 20_260 };
const comparer = createSymbolicComparer();
const equal = (a: string, b: string) => comparer.equal(a, b, DEFAULT_SETTINGS);

const leaf = fc.oneof(
  fc.integer({ min: 2, max: 12 }).map(String),
  fc.constantFrom('x', 'y', 'x', text`\pi`, 'e', '0.25', text`\sqrt{2}`),
);
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf.map((text): Tree => ({ kind: 'leaf', text })),
    fc
      .tuple(fc.constantFrom<'+' | '*' | '/'>('+', '*', '/'), tie('tree'), tie('tree'))
      .map(([kind, left, right]): Tree => ({ kind, left, right })),
    fc
      .tuple(tie('tree'), fc.integer({ min: 2, max: 3 }))
      .map(([base, exponent]): Tree => ({ kind: 'power', base, exponent })),
    fc
      .tuple(fc.constantFrom('sqrt', 'sin', 'cos', 'ln', 'arctan'), tie('tree'))
      .map(([name, of]): Tree => ({ kind: 'function', name, of })),
  ),
}));

function text(parts: TemplateStringsArray): string {
  return String.raw(parts);
}

function print(node: Tree): string {
  switch (node.kind) {
    case 'leaf':
      return node.text;
    case '+':
      return `(${print(node.left)}+${print(node.right)})`;
    case '*':
      return `(${print(node.left)})(${print(node.right)})`;
    case '/':
      return `\\frac{${print(node.left)}}{${print(node.right)}}`;
    case 'power':
      return `(${print(node.base)})^{${node.exponent}}`;
    case 'function':
      return node.name === 'sqrt'
        ? `\\sqrt{${print(node.of)}}`
        : `\\${node.name}(${print(node.of)})`;
    default:
      return node satisfies never;
  }
}

/** The same value in other words: which words, the numbers in `choices` say. */
function rewritten(node: Tree, choices: number[]): string {
  const choice = choices.pop() ?? 0;
  const again = (part: Tree) => rewritten(part, choices);
  switch (node.kind) {
    case 'leaf':
      return rewrittenLeaf(node.text, choice);
    case '+':
      return choice % 2 === 0
        ? `(${again(node.right)}+${again(node.left)})`
        : `(${again(node.left)}-(-(${again(node.right)})))`;
    case '*':
      if (node.left.kind === '+' && choice % 3 === 0)
        return `((${again(node.left.left)})(${print(node.right)})+(${print(node.right)})(${again(node.left.right)}))`;
      return `(${again(node.right)})\\cdot (${again(node.left)})`;
    case '/':
      return choice % 2 === 0
        ? `(${again(node.left)})(${again(node.right)})^{-1}`
        : `\\frac{2(${again(node.left)})}{(${again(node.right)})\\cdot 2}`;
    case 'power':
      return Array.from({ length: node.exponent }, () => `(${print(node.base)})`).join('');
    case 'function':
      if (node.name === 'sqrt' && choice % 2 === 0) return `(${again(node.of)})^{1/2}`;
      if (node.name === 'sin' && choice % 2 === 0) return `-\\sin(-(${again(node.of)}))`;
      if (node.name === 'cos' && choice % 2 === 0) return `\\cos(-(${again(node.of)}))`;
      return print({ ...node, of: { kind: 'leaf', text: again(node.of) } });
    default:
      return node satisfies never;
  }
}

function rewrittenLeaf(word: string, choice: number): string {
  if (word === '0.25') return choice % 2 === 0 ? text`\frac{1}{4}` : text`\frac{2}{8}`;
  if (word === text`\sqrt{2}`) return choice % 2 === 0 ? text`\frac{2}{\sqrt{2}}` : '2^{0.5}';
  if (/^\d+$/.test(word) && choice % 2 === 0) return `(${Number(word) - 1}+1)`;
  return choice % 3 === 0 ? `(${word})` : word;
}

const choices = fc.array(fc.nat(5), { minLength: 40, maxLength: 40 });

describe('symbolic equality', () => {
  it('is reflexive', () => {
    fc.assert(
      fc.property(tree, (node) => {
        const written = print(node);
        expect(equal(written, written)).toBe(true);
        expect(equal(written, `{${written}}`)).not.toBe(false);
      }),
      RUNS,
    );
  });

  it('knows an expression rewritten with its meaning kept, or for a few cannot tell', () => {
    let unknown = 0;
    fc.assert(
      fc.property(tree, choices, (node, picks) => {
        const verdict = equal(print(node), rewritten(node, [...picks]));
        if (verdict === undefined) unknown++;
        expect(verdict).not.toBe(false);
      }),
      RUNS,
    );
    expect(unknown / RUNS.numRuns).toBeLessThan(0.03);
  });

  it('tells an expression from one whose value differs', () => {
    fc.assert(
      fc.property(tree, choices, fc.integer({ min: 1, max: 9 }), (node, picks, by) => {
        const other = rewritten(node, [...picks]);
        expect(equal(print(node), `${other}+${by}`)).not.toBe(true);
        expect(equal(print(node), `${other}-0.00${by}x`)).not.toBe(true);
        expect(equal(`\\{${print(node)},7\\}`, `\\{7,${other}+${by}\\}`)).not.toBe(true);
        expect(equal(`y=${print(node)}+z`, `y=${other}+z+${by}`)).not.toBe(true);
      }),
      RUNS,
    );
  });

  it('is symmetric for whatever stands on the sides', () => {
    const piece = fc.constantFrom(
      ...['(', ')', '[', ']', ',', 'x', 'y=', '1', '2', '<', text`\le `, text`\cup `, text`\{`],
      ...[text`\}`, text`\pm `, ' or ', 'cm', text`\infty`, '-', '^2', '/', text`\frac{1}{2}`, '|'],
    );
    const jumble = fc.array(piece, { minLength: 1, maxLength: 8 }).map((all) => all.join(''));
    fc.assert(
      fc.property(jumble, jumble, (a, b) => {
        expect(createdOnce().equal(a, b, DEFAULT_SETTINGS)).toBe(equal(b, a));
      }),
      { ...RUNS, numRuns: 600 },
    );
  });

  it('does not depend on what was compared before', () => {
    fc.assert(
      fc.property(tree, tree, (a, b) => {
        const before = equal(print(a), print(b));
        for (let at = 0; at < 3; at++) equal(print(a), `${print(b)}+${at}`);
        expect(equal(print(b), print(a))).toBe(before);
      }),
      RUNS,
    );
  });
});

let other: ReturnType<typeof createSymbolicComparer> | undefined;

/** A second comparer, whose memory is its own. */
function createdOnce(): ReturnType<typeof createSymbolicComparer> {
  other ??= createSymbolicComparer();
  return other;
}
