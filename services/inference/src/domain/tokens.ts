/**
 * Shares a number of tokens between texts in proportion to their lengths, by largest remainders, so that
 * the shares add up to the total. For engines that count only the sum over all choices.
 */
export function shareTokens(total: number, lengths: readonly number[]): number[] {
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  const exact = lengths.map((length) =>
    whole === 0 ? total / lengths.length : (total * length) / whole,
  );
  const shares = exact.map(Math.floor);
  const left = total - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, left)) shares[index] = (shares[index] ?? 0) + 1;
  return shares;
}
