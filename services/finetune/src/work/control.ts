import type { FinetuneContext } from '../context.ts';
import { applyEvent, getCycle, QUEUE, type Stored } from './stored.ts';

/**
 * Pauses, resumes or cancels a cycle, whatever its state: one for which it means nothing stays as it is.
 * @throws ParleyError NOT_FOUND
 */
export async function controlCycle(
  { store, now }: FinetuneContext,
  name: string,
  type: 'paused' | 'resumed' | 'cancelled',
): Promise<Stored> {
  return applyEvent(
    store,
    await getCycle(store, name),
    { type, at: now() },
    {
      more: [{ op: 'enqueue', queue: QUEUE, id: name }],
    },
  );
}
