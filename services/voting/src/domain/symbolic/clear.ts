import { isConstant, type Node } from './formula.ts';

/** A formula without divisions, and the factors of the denominator that it stands over; constants are left out. */
export type Cleared = { above: Node; below: Node[] };

/** Denominators that are cleared, and parts of a numerator. */
const MAX_BELOW = 6;
const MAX_ABOVE = 300;

/**
 * A formula as a quotient, its denominators multiplied out of sums, products and integer powers; other functions are
 * left as they are. Undefined when there are too many, which bounds the work on nested fractions.
 */
export function cleared(node: Node): Cleared | undefined {
  const found = quotient(node);
  return (
    found && { ...found, below: found.below.flatMap(factorsOf).filter((one) => !isConstant(one)) }
  );
}

function factorsOf(node: Node): Node[] {
  if (node.kind !== 'operation') return [node];
  if (node.name === 'Multiply') return node.operands.flatMap(factorsOf);
  const [base, exponent] = node.operands;
  const isPower = node.name === 'Power' && base && exponent && (integerOf(exponent) ?? 0) > 0;
  return isPower ? factorsOf(base) : [node];
}

function quotient(node: Node): Cleared | undefined {
  if (node.kind !== 'operation') return { above: node, below: [] };
  const { name, operands } = node;
  const times = name === 'Power' && operands[1] ? integerOf(operands[1]) : undefined;
  const isPower = times !== undefined && Math.abs(times) <= MAX_BELOW;
  if (!isPower && !['Multiply', 'Add', 'Divide'].includes(name)) return { above: node, below: [] };
  const parts: Cleared[] = [];
  for (const operand of isPower ? operands.slice(0, 1) : operands) {
    const part = quotient(operand);
    if (!part) return undefined;
    parts.push(part);
  }
  const found = isPower
    ? raised(parts, times)
    : name === 'Add'
      ? added(parts)
      : multiplied(name, parts);
  const isSmall = found.below.length <= MAX_BELOW && sizeOf(found.above) <= MAX_ABOVE;
  return isSmall ? found : undefined;
}

/** A product, or the quotient of the first by the others. */
function multiplied(name: string, parts: readonly Cleared[]): Cleared {
  const turned = parts.map(({ above, below }, at) =>
    name === 'Divide' && at > 0 ? { above: product(below), below: [above] } : { above, below },
  );
  return {
    above: product(turned.map(({ above }) => above)),
    below: turned.flatMap(({ below }) => below),
  };
}

function raised([base]: readonly Cleared[], times: number): Cleared {
  const { above, below } = base ?? { above: product([]), below: [] };
  const repeated = (factors: Node[]) =>
    Array.from({ length: Math.abs(times) }, () => factors).flat();
  return times >= 0
    ? { above: product(repeated([above])), below: repeated(below) }
    : { above: product(repeated(below)), below: repeated([above]) };
}

/** A sum over the product of the denominators of all terms, each of which is taken once. */
function added(terms: Cleared[]): Cleared {
  const shared = new Map<string, Node[]>();
  for (const { below } of terms)
    for (const [key, alike] of grouped(below))
      if (alike.length > (shared.get(key)?.length ?? 0)) shared.set(key, alike);
  const above = terms.map((term) => {
    const own = grouped(term.below);
    const missing = [...shared].flatMap(([key, alike]) => alike.slice(own.get(key)?.length ?? 0));
    return product([term.above, ...missing]);
  });
  return {
    above: { kind: 'operation', name: 'Add', operands: above },
    below: [...shared.values()].flat(),
  };
}

function grouped(nodes: readonly Node[]): Map<string, Node[]> {
  return Map.groupBy(nodes, keyOf);
}

function keyOf(node: Node): string {
  return JSON.stringify(node, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
}

function product(operands: Node[]): Node {
  const [only] = operands;
  return operands.length === 1 && only ? only : { kind: 'operation', name: 'Multiply', operands };
}

function integerOf(node: Node): number | undefined {
  if (node.kind === 'number')
    return node.value.below === 1n && node.value.im === 0n ? Number(node.value.re) : undefined;
  if (node.kind !== 'operation' || node.name !== 'Multiply') return undefined;
  const factors = node.operands.map(integerOf);
  return factors.includes(undefined)
    ? undefined
    : factors.reduce<number>((a, b) => a * (b ?? 0), 1);
}

function sizeOf(node: Node): number {
  return node.kind === 'operation'
    ? 1 + node.operands.reduce((sum, one) => sum + sizeOf(one), 0)
    : 1;
}
