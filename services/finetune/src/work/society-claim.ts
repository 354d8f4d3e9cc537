import { ParleyError, type Store } from '@parley/platform';
import { isSettled } from '../domain/state.ts';
import { findCycle } from './stored.ts';

/** The one cycle that may change a society. */
type Claim = { cycle: string; at: number };

const NAME = 'claim';
/** How long a cycle that claimed a society may take to be stored. */
const CREATION_MS = 30_000;
const CONFLICTS = 20;

/**
 * Makes a cycle the only one of its society, or finds that it is. A cycle that has ended loses its claim to
 * the next one that asks.
 * @throws ParleyError FAILED_PRECONDITION naming the cycle that has the society.
 */
export async function claimSociety(
  store: Store,
  society: string,
  cycle: string,
  now: number,
): Promise<void> {
  const owner = `society.${society}`;
  const value: Claim = { cycle, at: now };
  for (let attempt = 1; ; attempt++) {
    const found = await store.get<Claim>(owner, NAME);
    if (found?.value.cycle === cycle) return;
    if (found && (await isHeld(store, society, found.value, now)))
      throw new ParleyError(
        'FAILED_PRECONDITION',
        `society: '${society}' is being finetuned by cycle '${found.value.cycle}', which must end first`,
        { field: 'society' },
      );
    try {
      await store.commit(owner, [
        { op: 'put', name: NAME, value, expect: found?.version ?? 'absent' },
      ]);
      return;
    } catch (thrown) {
      const error = ParleyError.from(thrown);
      if (error.reason !== 'CONFLICT' || attempt === CONFLICTS) throw error;
    }
  }
}

async function isHeld(store: Store, society: string, claim: Claim, now: number): Promise<boolean> {
  const holder = await findCycle(store, claim.cycle);
  if (!holder) return now - claim.at < CREATION_MS;
  const { spec, state } = holder.record;
  return spec.society === society && !isSettled(state);
}
