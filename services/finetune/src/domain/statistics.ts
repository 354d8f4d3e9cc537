/** Accuracy and its standard error sqrt(p(1−p)/n) over a text of 0 and 1, one for each problem. */
export function proportion(bits: string): {
  accuracy: number;
  standardError: number;
  problems: number;
} {
  const problems = bits.length;
  if (problems === 0) return { accuracy: 0, standardError: 0, problems };
  let right = 0;
  for (const bit of bits) if (bit === '1') right += 1;
  const accuracy = right / problems;
  return { accuracy, standardError: Math.sqrt((accuracy * (1 - accuracy)) / problems), problems };
}

/**
 * Mean difference, first minus second, of two texts of 0 and 1 on the same problems in the same order, and
 * the standard error of that mean, sqrt(var(d)/n) with d in {−1, 0, 1}.
 * @throws RangeError when they are not as long as each other.
 */
export function pairedDifference(
  first: string,
  second: string,
): { difference: number; standardError: number } {
  if (first.length !== second.length)
    throw new RangeError(
      `paired figures need the same problems: there are ${first.length} and ${second.length}`,
    );
  const problems = first.length;
  if (problems === 0) return { difference: 0, standardError: 0 };
  let sum = 0;
  let unequal = 0;
  for (let at = 0; at < problems; at++) {
    const d = Number(first[at]) - Number(second[at]);
    sum += d;
    if (d !== 0) unequal += 1;
  }
  const difference = sum / problems;
  const variance = Math.max(0, unequal / problems - difference * difference);
  return { difference, standardError: Math.sqrt(variance / problems) };
}

/**
 * By how many standard errors `losses` exceed `gains` when both were as likely (McNemar's statistic without
 * its square); 0 when there are none.
 */
export function excess(losses: number, gains: number): number {
  const changes = losses + gains;
  return changes === 0 ? 0 : (losses - gains) / Math.sqrt(changes);
}
