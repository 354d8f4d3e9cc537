import { MAX_ANSWER } from '../answer.ts';
import type { Settings } from '../settings.ts';
import { Cache } from './cache.ts';
import { withoutDeclarations } from './declared.ts';
import { Expressions } from './expression.ts';
import type { Meaning } from './meaning.ts';
import { read } from './read.ts';
import { sameMeaning } from './same.ts';

/** Decides by structure and by the compute engine about answers that text and exact numbers leave open. */
export type SymbolicComparer = {
  /**
   * Whether two texts in the form of `Answer.text` mean the same; undefined where that cannot be told. The order of
   * the two makes no difference.
   */
  equal(a: string, b: string, settings: Settings): boolean | undefined;
};

/** What the first comparison would else wait for: the engine sets itself up when it first reads and computes. */
const WARM_UP = ['\\frac{1+\\sqrt{x}}{2}', '\\sin^2 x+\\ln 2\\pi', '|x|^{1/3}-e^{2i}'];

/** A comparer with a compute engine of its own, which takes a tenth of a second to make. */
export function createSymbolicComparer(): SymbolicComparer {
  const expressions = new Expressions();
  for (const warm of WARM_UP) expressions.equal(warm, 'x');
  const meanings = new Cache<Meaning>();
  return {
    equal(a, b, settings) {
      if (a === b) return true;
      if (a.length > MAX_ANSWER || b.length > MAX_ANSWER) return undefined;
      const [x = a, y = b] = [a, b].sort();
      const [first, second] = withoutDeclarations(x, y)
        .map((text) => withPoints(text, settings))
        .map((text) => meanings.get(text, () => read(text)));
      if (!first || !second) return undefined;
      return sameMeaning(first, second, { expressions, settings });
    },
  };
}

/** A text with decimal points and without thousands separators, by the settings; inside brackets a comma separates. */
function withPoints(text: string, { separators }: Settings): string {
  if (separators === 'european')
    return text
      .replace(/(?<![\d.])(\d{1,3})((?:\.\d{3})+)(?![\d.])/g, (all) => all.replaceAll('.', ''))
      .replace(/(?<=\d),(?=\d)/g, '.');
  if (/[([]|\\\{/.test(text)) return text;
  return text.replace(/(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])/g, (all) => all.replaceAll(',', ''));
}
