import { parseRational, type Rational } from './rational.ts';

/** Exponents of base dimensions: an area is `{ length: 2 }`. A word that the table does not know is its own dimension. */
export type Dimension = Readonly<Record<string, number>>;

/** A unit by its one name, and what one of it is in the base unit of its dimension. */
export type Unit = { name: string; dimension: Dimension; factor: Rational };

/** Name, other spellings, factor to the base unit; factors by definition (SI; international yard and pound, 1959). */
type Row = readonly [name: string, spellings: string, factor: string];

const LENGTHS: readonly Row[] = [
  ['m', 'meter meters metre metres', '1'],
  ['km', 'kilometer kilometers kilometre kilometres kms Km', '1000'],
  ['dm', 'decimeter decimeters decimetre decimetres', '0.1'],
  ['cm', 'centimeter centimeters centimetre centimetres cms', '0.01'],
  ['mm', 'millimeter millimeters millimetre millimetres', '0.001'],
  ['in', 'inch inches', '0.0254'],
  ['ft', 'foot feet', '0.3048'],
  ['yd', 'yard yards yds', '0.9144'],
  ['mi', 'mile miles', '1609.344'],
];
const VOLUMES: readonly Row[] = [
  ['L', 'l liter liters litre litres', '0.001'],
  ['mL', 'ml milliliter milliliters millilitre millilitres cc', '0.000001'],
  ['cL', 'cl centiliter centiliters centilitre centilitres', '0.00001'],
  ['gallons', 'gallon gal', '0.003785411784'],
  ['quarts', 'quart qt', '0.000946352946'],
  ['pints', 'pint pt', '0.000473176473'],
  ['cups', 'cup', '0.0002365882365'],
];
const MASSES: readonly Row[] = [
  ['kg', 'kilogram kilograms kilogramme kilogrammes kgs kilo kilos Kg', '1000'],
  ['g', 'gram grams gramme grammes', '1'],
  ['mg', 'milligram milligrams', '0.001'],
  ['lb', 'lbs', '453.59237'],
  ['pounds', 'pound', '453.59237'],
  ['oz', 'ounce ounces', '28.349523125'],
];
const TIMES: readonly Row[] = [
  ['s', 'second seconds sec secs', '1'],
  ['ms', 'millisecond milliseconds', '0.001'],
  ['min', 'minute minutes mins', '60'],
  ['h', 'hour hours hr hrs', '3600'],
  ['days', 'day', '86400'],
  ['weeks', 'week wk wks', '604800'],
];
const MONTHS: readonly Row[] = [
  ['months', 'month', '1'],
  ['years', 'year yr yrs', '12'],
  ['decades', 'decade', '120'],
];
const DOLLARS: readonly Row[] = [
  ['dollars', '$ \\$ dollar USD bucks buck', '1'],
  ['cents', 'cent ¢', '0.01'],
];
const AREAS: readonly Row[] = [
  ['hectares', 'hectare ha', '10000'],
  ['acres', 'acre', '4046.8564224'],
];
/** Each a dimension of its own: nothing else is converted to it. */
const OTHERS: readonly Row[] = [
  ['%', 'percent percents percentage', '1'],
  ['°', '^\\circ degree degrees deg', '1'],
  ['°C', '^\\circ^C Celsius celsius', '1'],
  ['°F', '^\\circ^F Fahrenheit fahrenheit', '1'],
  ['radians', 'radian rad rads', '1'],
  ['€', 'euro euros EUR', '1'],
  ['£', 'GBP quid', '1'],
  ['¥', 'yen JPY', '1'],
  ['₹', 'rupee rupees Rs Rs. INR', '1'],
  ['units', 'unit', '1'],
  ['people', 'person persons', '1'],
  ['children', 'child', '1'],
  ['men', 'man', '1'],
  ['women', 'woman', '1'],
  ['N', 'newton newtons', '1'],
  ['J', 'joule joules', '1'],
  ['W', 'watt watts', '1'],
  ['V', 'volt volts', '1'],
  ['K', 'kelvin kelvins', '1'],
  ['Hz', 'hertz', '1'],
  ['Pa', 'pascal pascals', '1'],
];

/** Units by every spelling. */
export const UNITS: ReadonlyMap<string, Unit> = new Map([
  ...rows(OTHERS, (name) => ({ [name]: 1 })),
  ...rows(LENGTHS, () => ({ length: 1 })),
  ...rows(AREAS, () => ({ length: 2 })),
  ...rows(VOLUMES, () => ({ length: 3 })),
  ...rows(MASSES, () => ({ mass: 1 })),
  ...rows(TIMES, () => ({ time: 1 })),
  ...rows(MONTHS, () => ({ months: 1 })),
  ...rows(DOLLARS, () => ({ dollars: 1 })),
]);

/** Short names of compounds. */
export const COMPOUNDS: Readonly<Record<string, string>> = {
  mph: 'mi/h',
  kph: 'km/h',
  kmh: 'km/h',
  kmph: 'km/h',
  fps: 'ft/s',
  mps: 'm/s',
  sqft: 'ft^2',
};

/** Words behind a number that multiply it. */
export const SCALES: Readonly<Record<string, string>> = {
  hundred: '100',
  thousand: '1000',
  million: '1000000',
  billion: '1000000000',
  trillion: '1000000000000',
  dozen: '12',
};

function rows(table: readonly Row[], dimension: (name: string) => Dimension): [string, Unit][] {
  return table.flatMap(([name, spellings, factor]) => {
    const unit = { name, dimension: dimension(name), factor: parseRational(factor) };
    return [name, ...spellings.split(' ')]
      .filter(Boolean)
      .map((one): [string, Unit] => [one, unit]);
  });
}
