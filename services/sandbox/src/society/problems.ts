import type { Random } from '../policy/random.ts';

/** Problems `a+b*c+d-e*f` with integers from 1 to 30. */
export function makeProblems(count: number, random: Random): string[] {
  const draw = (): number => 1 + Math.floor(random() * 30);
  return Array.from(
    { length: count },
    () => `${draw()}+${draw()}*${draw()}+${draw()}-${draw()}*${draw()}`,
  );
}
