/** A text whose letter, where there is one, is declared to stand for any integer. */
type Declared = { text: string; letter: string | undefined };

/** The integers as a set, in words, or as what they count. */
const INTEGERS = String.raw`\\in ?(?:\\mathbb ?\{?Z\}?|\\Z|Z)`;
const IN_WORDS = `(?:(?:is|are|being) )?(?:an?|any|some|every) (?:arbitrary )?integer`;
/** `, k\in\mathbb{Z}`, `(k\in\mathbb{Z})`, `for any integer k`, `where k is an integer` at the end of a text. */
const DECLARATION = new RegExp(
  String.raw`(?: |,|;|\()+(?:(?:for|where|with|and) ?)?(?:(?:all|any|some|every|each|an?) )?(?:([a-zA-Z]) ?(?:${INTEGERS}|${IN_WORDS}|integer)|integers? ([a-zA-Z]))\)?$`,
);
/** A letter that is renamed, and what is left alone: commands and words. */
const LETTERS = /\\[a-zA-Z]+|[a-zA-Z]/g;
/** A condition on the letter itself: `n>2, n\in\mathbb{Z}` is no set of real numbers. */
const CONDITION = /[<>]|\\(?:le|ge|ne|in|notin|equiv)(?![a-zA-Z])/;
const WORDS = /(?<![\\a-zA-Z])[a-zA-Z]{3,}/;

/**
 * Two texts without the declarations of an integer behind them, `2k\pi, k\in\mathbb{Z}`. Where both declare one, its
 * letter is the same in both, as it has no meaning of its own. Texts are returned as they are where that cannot be.
 */
export function withoutDeclarations(a: string, b: string): [string, string] {
  const [x, y] = [declared(a), declared(b)];
  if (x.letter === undefined || y.letter === undefined || x.letter === y.letter)
    return [x.text, y.text];
  const isFree = !lettersOf(y.text).includes(x.letter) && !WORDS.test(y.text);
  return isFree ? [x.text, renamed(y.text, y.letter, x.letter)] : [a, b];
}

function declared(text: string): Declared {
  const match = DECLARATION.exec(text.slice(-64));
  const letter = match?.[1] ?? match?.[2];
  if (!match || letter === undefined) return { text, letter: undefined };
  const rest = text.slice(0, text.length - match[0].length);
  return lettersOf(rest).includes(letter) && !CONDITION.test(rest)
    ? { text: rest, letter }
    : { text, letter: undefined };
}

function lettersOf(text: string): string[] {
  return text.match(LETTERS) ?? [];
}

function renamed(text: string, from: string, to: string): string {
  return text.replace(LETTERS, (one) => (one === from ? to : one));
}
