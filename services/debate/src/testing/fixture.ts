import { answer, type Neighbours, startNeighbours } from './neighbours.ts';
import { configFor, startReplica, tempFolder } from './replica.ts';

/** A replica over a folder of its own, and its neighbours. */
export type Fixture = {
  folder: string;
  neighbours: Neighbours;
  replica: Awaited<ReturnType<typeof startReplica>>;
  /** Makes the neighbours behave well and forget what they were asked. */
  reset(): void;
  close(): Promise<void>;
};

export async function openFixture(environment: Record<string, string> = {}): Promise<Fixture> {
  const { folder, remove } = tempFolder();
  const neighbours = await startNeighbours();
  const replica = await startReplica(configFor(folder, neighbours, environment));
  return {
    folder,
    neighbours,
    replica,
    reset() {
      const { behaviour, asked, counters } = neighbours;
      Object.assign(behaviour, { reply: answer, refuse: undefined, refuseVote: undefined });
      Object.assign(behaviour, { agents: 3, rounds: 2, prompts: undefined, missing: 'nobody' });
      asked.length = 0;
      Object.assign(counters, { tallies: 0, lookups: 0 });
    },
    async close() {
      await replica.stop();
      await neighbours.close();
      await remove();
    },
  };
}
