import { handleEvents, openEvents, TOPICS } from '@parley/platform';
import { DebateEndedSchema } from '@parley/proto/debate';
import { acceptDebate, type Call } from './workload.ts';

/** Numbers of debates that are asked for apart from a stream begin here. */
export const PROBES = 1_000_000;

/** Debates that are asked for one after the other, all the time. */
export type Stream = {
  /** Ends it; the ids of all that were accepted. */
  stop(): Promise<string[]>;
};

/** Asks for a debate every `everyMs`, numbered from `first`; while a server is away, again for the same one. */
export function streamDebates(call: Call, first: number, everyMs = 50): Stream {
  const ids: string[] = [];
  let going = true;
  const running = (async () => {
    for (let number = first; going; number += 1) {
      ids.push(await acceptDebate(call, number));
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  running.catch(() => undefined);
  return {
    async stop() {
      going = false;
      await running;
      return ids;
    },
  };
}

/** When events of ended debates came to one subscriber that stays, by `performance.now()`. */
export type Watcher = {
  /** Resolves with the time at which the first event came after `time`. */
  firstAfter(time: number): Promise<number>;
  /** Resolves with the time at which the event of a debate came. */
  endOf(id: string): Promise<number>;
  close(): Promise<void>;
};

/** Subscribes to the ends of debates, as a group of its own. */
export async function watchEnds(url: string): Promise<Watcher> {
  const log = await openEvents(url);
  const ends = new Map<string, number>();
  let last = 0;
  const waiting = new Set<() => void>();
  await handleEvents(log, DebateEndedSchema, {
    topic: TOPICS.debatesEnded,
    group: 'watcher',
    async handle({ debate }) {
      last = performance.now();
      if (!ends.has(debate)) ends.set(debate, last);
      for (const look of waiting) look();
    },
  });
  function when(find: () => number | undefined): Promise<number> {
    return new Promise((resolve) => {
      const look = () => {
        const time = find();
        if (time === undefined) return;
        waiting.delete(look);
        resolve(time);
      };
      waiting.add(look);
      look();
    });
  }
  return {
    firstAfter: (time) => when(() => (last > time ? last : undefined)),
    endOf: (id) => when(() => ends.get(id)),
    close: () => log.close(),
  };
}
