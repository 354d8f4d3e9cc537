import { deriveSeed, seededRandom } from '@parley/platform';
import { type Assessment, isPool, type LeftOut, type Pool, type Verdict } from './assess.ts';
import { chosen, mixtureSizes } from './mixture.ts';

/** Settings of an assembly. `weight` is w, the share of a critic's rows that come from C−. */
export type AssemblySettings = { collection: string; agents: number; weight: number; seed: number };

/** Rows of one pool that could be had, and that were taken. */
export type PoolCount = { available: number; used: number };

/** What one seat's dataset is made of. */
export type SeatPlan = {
  seat: string;
  role: 'generation' | 'critic';
  position: number;
  pools: Partial<Record<Pool, PoolCount>>;
  leftOut: Partial<Record<LeftOut, number>>;
  /** Debates, by their place in the order of the problems, that give the seat a row. */
  debates: number[];
};

/**
 * The datasets of all 2N seats: `gen-1…N`, then `critic-1…N`. Depends on the assessments in the order of
 * the problems and on the settings, on nothing else.
 */
export function planSeats(
  assessments: readonly Assessment[],
  settings: AssemblySettings,
): SeatPlan[] {
  const positions = Array.from({ length: settings.agents }, (_, index) => index + 1);
  return [
    ...positions.map((position) => generationPlan(assessments, position)),
    ...positions.map((position) => criticPlan(assessments, position, settings)),
  ];
}

function generationPlan(assessments: readonly Assessment[], position: number): SeatPlan {
  const { pools, leftOut } = sorted(assessments.map((one) => one.generation[position - 1]));
  const debates = pools.generation;
  return {
    seat: `gen-${position}`,
    role: 'generation',
    position,
    pools: { generation: { available: debates.length, used: debates.length } },
    leftOut,
    debates,
  };
}

function criticPlan(
  assessments: readonly Assessment[],
  position: number,
  { collection, weight, seed }: AssemblySettings,
): SeatPlan {
  const seat = `critic-${position}`;
  const { pools, leftOut } = sorted(assessments.map((one) => one.critic[position - 1]));
  const sizes = mixtureSizes(weight, {
    corrected: pools.corrected.length,
    kept: pools.kept.length,
  });
  const draw = (pool: 'corrected' | 'kept') =>
    chosen(pools[pool], sizes[pool], seededRandom(deriveSeed(seed, collection, seat, pool)));
  return {
    seat,
    role: 'critic',
    position,
    pools: {
      corrected: { available: pools.corrected.length, used: sizes.corrected },
      kept: { available: pools.kept.length, used: sizes.kept },
    },
    leftOut,
    debates: [...draw('corrected'), ...draw('kept')].sort((a, b) => a - b),
  };
}

function sorted(verdicts: readonly (Verdict | undefined)[]) {
  const pools: Record<Pool, number[]> = { generation: [], corrected: [], kept: [] };
  const leftOut: Partial<Record<LeftOut, number>> = {};
  for (const [debate, verdict = 'absent'] of verdicts.entries()) {
    if (isPool(verdict)) pools[verdict].push(debate);
    else leftOut[verdict] = (leftOut[verdict] ?? 0) + 1;
  }
  return { pools, leftOut };
}
