import { power, type Rational, times } from './rational.ts';
import { COMPOUNDS, type Dimension, UNITS, type Unit } from './unit-table.ts';

const ONE: Rational = { n: 1n, d: 1n };
const MAX_UNIT = 48;
/** Powers of a unit; higher ones are none. */
const MAX_POWER = 4;
const WORD = /^([a-zA-Z]+|[%$€£¥₹¢°]|°[CF]|\\\$|\^\\circ(?:\^[CF])?)\.?(?:\^(-?\d))?$/;
/** Words behind a number that are no unit: they are a part of an expression or of a sentence. */
const NO_UNIT = new Set(
  (
    'and or to mod modulo choose plus minus times over per divided if for when where with without but not is are was be ' +
    'half halves third thirds quarter fourth fourths fifth fifths sixth sixths seventh sevenths eighth eighths ninth ninths tenth tenths ' +
    'squared cubed factorial base less more than most least each sqrt root sin cos tan log exp infinity approximately about ' +
    'hundred hundreds thousand thousands million millions billion billions trillion trillions dozen dozens score twice thrice double ' +
    'binary octal hexadecimal decimal remainder alpha beta gamma delta epsilon zeta eta theta iota kappa lambda sigma omega phi psi rho tau ' +
    'cot csc sinh cosh tanh arcsin arccos arctan ' +
    'zero one two three four five six seven eight nine twenty thirty forty fifty negative positive tens ten ones pair pairs couple of the in at by on an from only odd even prime'
  ).split(' '),
);

/** Parts of a whole: `tenths`, `hundredths`. */
const ORDINAL = /(?:[nrx]th|fth|ghth|ieth|redth|sandth)s?$/;
/** Said of a quantity, and no part of its unit. */
const REMARK = / (?:old|long|wide|tall|high|deep|away|each|total|left|remaining)$/;

/**
 * A unit as it stands behind a number in the form of `normalised`: `cm`, `square inches`, `km/h`, `miles per hour`,
 * `m/s^2`, `^\circ`, `apples`. Units that are not in the table are one plain word, `isKnown` false. Undefined when the
 * text is no unit.
 */
export function readUnit(text: string): { unit: Unit; isKnown: boolean } | undefined {
  if (text === '' || text.length > MAX_UNIT) return undefined;
  const plain = text
    .replace(/\^\{(-?\d)\}/g, '^$1')
    .replace(/^(?:\^\\circ|degrees?) ?(?:C|Celsius)$/i, '^\\circ^C')
    .replace(/^(?:\^\\circ|degrees?) ?(?:F|Fahrenheit)$/i, '^\\circ^F')
    .replace(/(?<![a-z])(sq|cu)\. ?/gi, '$1 ')
    .replace(/\\cdot ?|\*/g, ' ')
    .replace(/^\\frac\{([a-z]+|[a-z ]{3,})\}\{([a-z]+(?:\^\d)?)\}$/i, '$1/$2')
    .replace(/ per /g, '/')
    .replace(REMARK, '');
  const [above = '', ...below] = plain.split('/');
  let result = readProduct(above.replace(/^per /, '/'));
  for (const part of below) {
    const divisor = readProduct(part);
    if (!result || !divisor) return undefined;
    const { unit, isKnown } = divisor;
    result = {
      unit: product(result.unit, raised(unit, -1), `${result.unit.name}/${unit.name}`),
      isKnown: isKnown && result.isKnown,
    };
  }
  return result;
}

/** Whether two units measure the same, so that one can be converted to the other. */
export function sameDimension(a: Unit, b: Unit): boolean {
  const left = Object.entries(a.dimension).filter(([, exponent]) => exponent !== 0);
  const right = Object.entries(b.dimension).filter(([, exponent]) => exponent !== 0);
  return (
    left.length === right.length && left.every(([base, exponent]) => b.dimension[base] === exponent)
  );
}

type Found = { unit: Unit; isKnown: boolean };

/** `kg m^2`, `square inches`, `inches squared`; several words only where each is known. */
function readProduct(text: string): Found | undefined {
  const words = text.trim().split(' ');
  let exponent = 1;
  let result: Found | undefined;
  for (const word of words) {
    const before = /^(?:square|sq\.?)$/i.test(word) ? 2 : /^(?:cubic|cu\.?)$/i.test(word) ? 3 : 1;
    const behind = word === 'squared' ? 2 : word === 'cubed' ? 3 : 1;
    if (before > 1 && exponent === 1) exponent = before;
    else if (behind > 1 && result && words.length === 2) result = raisedFound(result, behind);
    else {
      const next = readWord(word, exponent);
      if (!next || (result && !(next.isKnown && result.isKnown))) return undefined;
      const name = `${result?.unit.name} ${next.unit.name}`;
      result = result ? { unit: product(result.unit, next.unit, name), isKnown: true } : next;
      exponent = 1;
    }
  }
  return exponent === 1 ? result : undefined;
}

function readWord(text: string, exponent: number): Found | undefined {
  const match = WORD.exec(text);
  if (!match) return undefined;
  const [, word = '', digits] = match;
  const compound = COMPOUNDS[word.toLowerCase()];
  if (compound !== undefined && Object.hasOwn(COMPOUNDS, word.toLowerCase()))
    return digits === undefined && exponent === 1 ? readUnit(compound) : undefined;
  const unit = known(word) ?? unknown(word);
  const total = exponent * Number(digits ?? 1);
  if (!unit || total === 0 || Math.abs(total) > MAX_POWER) return undefined;
  return raisedFound({ unit, isKnown: UNITS.has(unit.name) }, total);
}

/** By its spelling; in another case only where that cannot be another unit. */
function known(word: string): Unit | undefined {
  const exact = UNITS.get(word);
  if (exact || word.length < 2) return exact;
  const isShort = word.length === 2 && word !== word.toUpperCase();
  return isShort ? undefined : UNITS.get(word.toLowerCase());
}

/** One word that is no product of variables: `apples`, not `xy`. */
function unknown(word: string): Unit | undefined {
  const lower = word.toLowerCase();
  if (!/^[a-z]{3,}$/.test(lower) || NO_UNIT.has(lower) || ORDINAL.test(lower)) return undefined;
  if (!(lower.length > 3 ? /[aeiouy]/ : /[eiou]/).test(lower)) return undefined;
  const name = singular(lower);
  return { name, dimension: { [name]: 1 }, factor: ONE };
}

function singular(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (/(?:s|x|z|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return /[^su]s$/.test(word) && word.length > 3 ? word.slice(0, -1) : word;
}

function raisedFound({ unit, isKnown }: Found, exponent: number): Found {
  return { unit: raised(unit, exponent), isKnown };
}

function raised(unit: Unit, exponent: number): Unit {
  if (exponent === 1) return unit;
  const dimension = Object.fromEntries(
    Object.entries(unit.dimension).map(([base, own]) => [base, own * exponent]),
  );
  const factor = power(unit.factor, exponent) ?? ONE;
  return { name: `${unit.name}^${exponent}`, dimension, factor };
}

function product(a: Unit, b: Unit, name: string): Unit {
  const dimension: Record<string, number> = { ...a.dimension };
  for (const [base, exponent] of Object.entries(b.dimension))
    dimension[base] = (dimension[base] ?? 0) + exponent;
  return { name, dimension: dimension as Dimension, factor: times(a.factor, b.factor) };
}
