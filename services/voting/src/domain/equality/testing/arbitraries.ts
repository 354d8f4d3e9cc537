import fc from 'fast-check';
import { POLICIES, type Policy } from '../../policy.ts';
import { SETTINGS, type Settings } from '../../settings.ts';

/** Any policy with any of its settings changed. */
export const anyPolicy: fc.Arbitrary<Policy> = fc
  .tuple(
    fc.constantFrom(...POLICIES),
    fc.record(
      Object.fromEntries(
        Object.entries(SETTINGS).map(([name, { values }]) => [
          name,
          values ? fc.constantFrom(...values) : fc.integer({ min: 0, max: 15 }),
        ]),
      ),
      { requiredKeys: [] },
    ),
  )
  .map(([policy, settings]) => ({
    ...policy,
    settings: { ...policy.settings, ...(settings as Partial<Settings>) },
  }));

const PIECES = [
  ...['\\frac', '\\text', '\\sqrt', '\\left', '\\right', '\\boxed', '\\!', '\\,', '\\ ', '\\\\'],
  ...[
    '\\circ',
    '^\\circ',
    '\\pi',
    '\\times',
    '\\cdot',
    '\\mathrm',
    '\\le',
    '\\infty',
    '\\$',
    '\\%',
  ],
  ...['{', '}', '(', ')', '[', ']', '$', '\\', '%', '°', '€', '^', '_', '|', '&', '<', '>', '~'],
  ...[
    '1',
    '23',
    '000',
    '234',
    '0',
    '.',
    ',',
    ', ',
    ';',
    ':',
    "'",
    '"',
    '-',
    '−',
    '–',
    '/',
    '+',
    '*',
  ],
  ...[
    '**',
    '`',
    '=',
    '!',
    ' ',
    '  ',
    '\n',
    'x',
    'i',
    'e',
    'E',
    'm',
    'cm',
    'per ',
    'square ',
    'km/h',
  ],
  ...[
    'apples',
    'Monday',
    'B',
    'AB',
    'so ',
    'it is ',
    'The ',
    'x=',
    'pi',
    'sqrt',
    'million',
    'not ',
  ],
  ...[
    '½',
    '²',
    '√',
    '×',
    '∞',
    '≤',
    'π',
    '\u200b',
    '\u00a0',
    '\u202e',
    '１',
    '…',
    '...',
    '&nbsp;',
    '<b>',
  ],
];

/** Texts of up to 12 fragments of answers, in any order; and any text at all. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);

/** An exact fraction with its numerator and denominator. */
export const anyFraction: fc.Arbitrary<{ n: bigint; d: bigint }> = fc.record({
  n: fc.oneof(
    fc.bigInt({ min: -99n, max: 99n }),
    fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
  ),
  d: fc.oneof(fc.bigInt({ min: 1n, max: 99n }), fc.bigInt({ min: 1n, max: 10n ** 12n })),
});

/** Ways to write n/d, each the same number. */
export function spellings({ n, d }: { n: bigint; d: bigint }): string[] {
  const size = n < 0n ? -n : n;
  const sign = n < 0n ? '-' : '';
  const whole = size / d;
  const mixed = size > d && size % d !== 0n ? [`${sign}${whole} ${size % d}/${d}`] : [];
  return [
    `${n}/${d}`,
    `${3n * n}/${3n * d}`,
    `\\frac{${n}}{${d}}`,
    `${sign}\\dfrac{${size}}{${d}}`,
    `$${sign}\\tfrac{${size * 2n}}{${d * 2n}}$`,
    `\\(\\left(\\frac{${-n}}{${-d}}\\right)\\)`,
    `x = ${n}/${d}.`,
    `\\boxed{${n}/${d}}`,
    `${sign}\\frac{${grouped(size)}}{${grouped(d)}}`,
    ...decimals({ n, d }),
    ...mixed,
    ...mixed.map((text) => text.replace(/(\d+)\/(\d+)$/, '\\frac{$1}{$2}')),
    ...(d === 1n
      ? [String(n), `${n}.0`, `${sign}${grouped(size)}`, `${sign}${grouped(size, ' ')}`]
      : []),
  ];
}

/** n/d as a decimal and by a power of ten, where twelve places hold it. */
function decimals({ n, d }: { n: bigint; d: bigint }): string[] {
  const unit = 10n ** 12n;
  if (unit % d !== 0n) return [];
  const value = (n * unit) / d;
  const digits = String(value < 0n ? -value : value).padStart(13, '0');
  const sign = n < 0n ? '-' : '';
  const [whole, places] = [digits.slice(0, -12), digits.slice(-12)];
  return [
    `${sign}${whole}.${places}`,
    `${sign}${grouped(BigInt(whole))}.${places}`,
    `${value}\\times10^{-12}`,
    `${value} \\cdot 10^{-12}`,
    `${sign}${whole}.${places}e0`,
    `${value * 10n}e-13`,
  ];
}

function grouped(value: bigint, separator = ','): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, separator);
}
