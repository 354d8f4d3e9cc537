import { byText } from './order.ts';
import { type Group, MAX_MATRIX, type Vote } from './vote.ts';

/** The lead of the first of `groups`, heaviest first, over the next, as a share of all weight. */
export function marginOf(groups: readonly Group[]): number {
  const [first, second] = groups;
  if (first === undefined || second === undefined) return groups.length;
  const total = totalOf(groups);
  return total > 0 ? (first.weight - second.weight) / total : 0;
}

/** Shannon entropy of the groups by weight, in bits. */
export function entropyOf(groups: readonly Group[]): number {
  const total = totalOf(groups);
  let bits = 0;
  for (const { weight } of groups)
    if (weight > 0) bits += (weight / total) * Math.log2(total / weight);
  return bits;
}

/** Who gave the same answer as whom; `groupOf` holds the agents with an answer. */
export function agreementOf(
  names: readonly string[],
  groupOf: ReadonlyMap<string, Group>,
): Vote['agreement'] {
  if (names.length > MAX_MATRIX) return { agents: [], matrix: [] };
  const agents = names.toSorted(byText);
  const groups = agents.map((agent) => groupOf.get(agent));
  const matrix = groups.map((row) =>
    groups.map((column) => (row !== undefined && row === column ? 1 : 0)),
  );
  return { agents, matrix };
}

function totalOf(groups: readonly Group[]): number {
  let total = 0;
  for (const { weight } of groups) total += weight;
  return total;
}
