import type { Settings } from '../settings.ts';
import type { EqualityCase } from './cases.ts';

type Pairs = readonly (readonly [a: string, b: string])[];

/** Cases of one class: pairs that are equal, and pairs that are not. */
export function table(
  policy: string,
  kind: string,
  settings: Partial<Settings>,
  equal: Pairs,
  different: Pairs,
): EqualityCase[] {
  const row = (isEqual: boolean) => (pair: readonly [string, string]) => ({
    policy,
    ...(Object.keys(settings).length > 0 && { settings }),
    kind,
    a: pair[0],
    b: pair[1],
    equal: isEqual,
  });
  return [...equal.map(row(true)), ...different.map(row(false))];
}
