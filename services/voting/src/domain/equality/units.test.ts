import { describe, expect, it } from 'vitest';
import { COMPOUNDS, UNITS } from './unit-table.ts';
import { readUnit, sameDimension } from './units.ts';

const NAMES: [string, string][] = [
  ['square inches', 'in^2'],
  ['inches squared', 'in^2'],
  ['sq. ft', 'ft^2'],
  ['cubic meters', 'm^3'],
  ['miles per hour', 'mi/h'],
  ['mph', 'mi/h'],
  ['m/s^{2}', 'm/s^2'],
  ['kg\\cdot m/s^2', 'kg m/s^2'],
  ['\\frac{km}{h}', 'km/h'],
  ['^\\circ C', '°C'],
  ['degrees', '°'],
  ['KM', 'km'],
  ['Apples', 'apple'],
  ['berries', 'berry'],
  ['boxes', 'box'],
  ['glasses', 'glass'],
  ['apples per day', 'apple/days'],
];

describe('readUnit', () => {
  it('reads every spelling of the table as its unit, and the name of a unit as itself', () => {
    for (const [spelling, unit] of UNITS)
      for (const text of [spelling, unit.name])
        expect(readUnit(text)?.unit, text).toMatchObject({ name: unit.name });
    for (const [short, long] of Object.entries(COMPOUNDS))
      expect(readUnit(short)?.unit.name).toBe(long);
  });

  it.each(NAMES)('reads %s as %s, and that as itself', (text, name) => {
    expect(readUnit(text)?.unit.name).toBe(name);
    expect(readUnit(name)?.unit.name).toBe(name);
  });

  it.each([
    ...[
      '',
      'x',
      'xy',
      'pi',
      'theta',
      'or',
      'thirds',
      'tenths',
      'squared',
      'square',
      'cm^0',
      'cm^9',
    ],
    ...[
      'red marbles',
      'apples pears',
      'cm by cm',
      '/',
      'cm/',
      'm+1',
      'binary',
      'seven',
      'cm cm cm^',
    ],
  ])('reads no unit in %j', (text) => {
    expect(readUnit(text)).toBeUndefined();
  });

  it('tells which units measure the same', () => {
    const same = (a: string, b: string) => {
      const [x, y] = [readUnit(a)?.unit, readUnit(b)?.unit];
      return x && y && sameDimension(x, y);
    };
    expect([same('cm', 'miles'), same('L', 'cm^3'), same('mph', 'm/s')]).toEqual([
      true,
      true,
      true,
    ]);
    expect([same('cm', 'cm^2'), same('s', 'm'), same('apples', 'pears')]).toEqual([
      false,
      false,
      false,
    ]);
    expect(same('degrees', 'radians')).toBe(false);
  });
});
