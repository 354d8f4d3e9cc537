import { DEFAULT_SETTINGS } from '../domain/settings.ts';
import { createSymbolicComparer } from '../domain/symbolic/compare.ts';
import { serve } from './serve.ts';

/** Pairs that take the engine through what it sets up at its first use, before a deadline runs. */
const WARM_UP = [
  ['x+1', '1+x'],
  ['\\frac{\\sqrt{3}}{2}', '\\sin(\\frac{\\pi}{3})'],
  ['(x+1)^2', 'x^2+2x+1'],
  ['[1,2)\\cup(3,\\infty)', '(3,\\infty)\\cup[1,2)'],
  ['\\begin{pmatrix}1\\\\2\\end{pmatrix}', '\\begin{pmatrix}2\\\\1\\end{pmatrix}'],
] as const;

const comparer = createSymbolicComparer();
for (const [a, b] of WARM_UP) comparer.equal(a, b, DEFAULT_SETTINGS);
serve(comparer);
