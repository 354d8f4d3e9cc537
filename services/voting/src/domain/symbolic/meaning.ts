/** What stands between relations: `\ge` as `\le` with its sides turned is left to the comparison. */
export type Relator = '=' | '<' | '>' | '\\le' | '\\ge' | '\\ne' | '\\in' | '\\notin';

/** How the parts of a list are joined. */
export type Joint = ',' | 'or' | 'and';

/** What an answer says, as far as its brackets, separators and relations tell. */
export type Meaning =
  /** A term; `unit` is what stands behind it as a unit, by the name in the table of units. */
  | { kind: 'expression'; text: string; head: string; unit: string | undefined }
  /** Anything that is no mathematics, or mathematics that is compared as text. */
  | { kind: 'words'; text: string }
  /** `1:2:3`, of terms. */
  | { kind: 'ratio'; parts: string[] }
  | { kind: 'list'; items: Meaning[]; joint: Joint }
  /** `(1,2)`, `[1,2)`, `\langle 1,2\rangle`: a point, a vector or an interval. */
  | { kind: 'group'; open: '(' | '[' | '<'; close: ')' | ']' | '>'; items: Meaning[] }
  | { kind: 'set'; items: Meaning[] }
  | { kind: 'matrix'; rows: Meaning[][] }
  /** `a < b \le c`: one relator between every two sides. */
  | { kind: 'relation'; sides: Meaning[]; relators: Relator[] }
  | { kind: 'combination'; operation: 'union' | 'intersection' | 'difference'; parts: Meaning[] }
  | { kind: 'reals' };

const LETTER =
  '(?:[A-Za-z]|\\\\(?:alpha|beta|gamma|delta|epsilon|theta|lambda|mu|phi|varphi|psi|omega|rho|sigma|tau|Delta))';
const NAME = new RegExp(
  `^(?:${LETTER}(?:_(?:\\w|\\{\\w+\\}))?(?:'{1,3}|\\^\\{-1\\})?(?:\\([a-zA-Z](?:,[a-zA-Z])*\\))?|\\\\frac\\{d[a-z]\\}\\{d[a-z]\\})$`,
);

/** The name that a side of an equation gives to the other: a variable, `f(x)`, or a word; undefined for other sides. */
export function nameOf(side: Meaning): string | undefined {
  if (side.kind === 'words') return side.text.toLowerCase();
  if (side.kind !== 'expression' || !NAME.test(side.text)) return undefined;
  return side.text === 'e' || side.text === 'i' ? undefined : side.text.replace(/[{}]/g, '');
}

/** Whether it is ∞ (1), −∞ (−1) or neither (0). */
export function infinityOf(meaning: Meaning | undefined): number {
  if (meaning?.kind !== 'expression') return 0;
  const match = /^([-+]?) ?\\infty$/.exec(meaning.text);
  return match ? (match[1] === '-' ? -1 : 1) : 0;
}
