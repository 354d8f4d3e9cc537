import fc from 'fast-check';

/** What hostile texts are made of. */
const PIECES = [
  ...'{}()[]^_$&%#*|\\/+-=<>!,.:;~\'"0129eixyAE ½π∞√≤±°€−٣９\n\t\r\0\u0007\u001b\u007f\u200b\u202e\u2066\ufeff',
  '\ud800',
  '\udc00',
  '💥',
  'שלום',
  '\\boxed{',
  '\\boxed',
  '\\fbox{',
  '\\frac',
  '\\frac{',
  '\\dfrac{1}',
  '}{',
  '\\sqrt[',
  '\\sqrt{',
  '\\left(',
  '\\right]',
  '\\text{',
  '\\begin{pmatrix}',
  '\\end{pmatrix}',
  '\\\\',
  '\\cup',
  '\\infty',
  '\\pm',
  '\\%',
  '\\$',
  '\\,',
  '\\log_',
  '\\sin',
  '\\binom{',
  '^{\\circ}',
  '9^9^9^9',
  '1e999999999',
  '1,000,000',
  '0.(3)',
  '#### ',
  'The answer is ',
  'Answer: **',
  'answer is (B)',
  'cm^2',
  '```',
  '\\(',
  '\\]',
  '$$',
] as const;

const anyUnits = fc.uint16Array({ maxLength: 200 }).map((units) => String.fromCharCode(...units));
const anyPieces = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 60 })
  .map((all) => all.join(''));

/** Mathematics as models write it. */
const { latex } = fc.letrec<{ latex: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    fc.integer({ min: -10_000, max: 10_000 }).map(String),
    fc.constantFrom(
      'x',
      'y',
      'n',
      '\\pi',
      'e',
      'i',
      '\\infty',
      '0.5',
      '2.50',
      '\\theta',
      '10^{100}',
    ),
  ),
  latex: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    tie('leaf'),
    fc
      .tuple(
        tie('latex'),
        tie('latex'),
        fc.constantFrom(
          '\\frac{A}{B}',
          '(A)^{B}',
          'A+B',
          'A-B',
          'A B',
          'A \\cdot B',
          '\\sqrt[A]{B}',
          '\\log_{A}(B)',
          '(A, B)',
          '[A, B)',
          '\\{A, B\\}',
          'A = B',
          'A \\le B',
          'A \\pm B',
          '(A)\\cup(B)',
          '\\begin{pmatrix}A\\\\B\\end{pmatrix}',
          '\\binom{A}{B}',
          '\\left|A\\right|^B',
          '\\sin A^{B}',
          '(A)!',
          'A\\text{ cm}',
          'A\\%',
        ),
      )
      .map(([a, b, form]) => form.replace(/[AB]/g, (hole) => (hole === 'A' ? a : b))),
  ),
}));

/** A text with a slice of it cut out, doubled or replaced. */
const mutated = fc
  .tuple(latex, fc.nat(), fc.nat({ max: 8 }), fc.constantFrom('', 'again', ...PIECES))
  .map(([text, at, length, by]) => {
    const from = at % (text.length + 1);
    const cut = text.slice(from, from + length);
    return text.slice(0, from) + (by === 'again' ? cut + cut : by) + text.slice(from + length);
  });

/** An answer, or what stands where one should. */
export const anyAnswer = fc.oneof(latex, mutated, anyPieces, anyUnits);
/** A response with an answer in it, or what stands where one should. */
export const anyResponse = fc
  .tuple(
    fc.oneof(anyPieces, anyUnits),
    fc.constantFrom('', '\\boxed{', 'The answer is $', '#### ', 'Answer: **', '= '),
    anyAnswer,
    fc.constantFrom('', '}', '$.', '**', '\n'),
    fc.oneof(fc.constant(''), anyPieces),
  )
  .map((parts) => parts.join(''));

/** Texts of any length that are meant to take long. */
export const BOMBS: Readonly<Record<string, (length: number) => string>> = {
  ...Object.fromEntries(
    PIECES.map((piece) => [JSON.stringify(piece), (length: number) => repeated(piece, length)]),
  ),
  'open boxes, then closed ones': (length) =>
    repeated('\\boxed{', length / 2) + repeated('}', length / 2),
  'a box of digits': (length) => `\\boxed{${repeated('7', length - 8)}}`,
  'fractions in fractions': (length) =>
    `\\boxed{${repeated('\\frac{1}{', length / 2)}1${repeated('}', length / 10)}}`,
  'brackets in brackets': (length) => repeated('(', length / 2) + repeated(')', length / 2),
  'a phrase and spaces': (length) => `The answer is${repeated(' ', length - 13)}`,
  'words without end': (length) => repeated('a', length),
  'numbers in lines': (length) => repeated('1\n', length),
  'a number of dots': (length) => repeated('1.', length),
  'tables of rows': (length) => `\\begin{pmatrix}${repeated('1&2\\\\', length - 15)}`,
  'phrases in boxes': (length) => repeated('\\boxed{the answer is ', length),
  'right to left': (length) => repeated('\u202e٣٤٥ שלום ', length),
};

function repeated(piece: string, length: number): string {
  return piece.repeat(Math.floor(length / piece.length));
}
