import { readFileSync } from 'node:fs';
import { Admission } from '../domain/admission.ts';
import { hashText } from '../domain/affinity.ts';
import { hasRoom, type Slot } from '../domain/route.ts';
import { testSlot } from './slot.ts';

/** Tokens of a block. */
const BLOCK = 16;

/** A call of recorded traffic. Blocks are numbered by what was said in them and before them. */
export type RecordedCall = {
  atMs: number;
  key: number;
  promptTokens: number;
  prompt: readonly number[];
  answers: readonly { tokens: number; blocks: readonly number[] }[];
};

/** Reads what `tests/load/record-traffic.ts` wrote. */
export function readTraffic(path: string): RecordedCall[] {
  const { calls } = JSON.parse(readFileSync(path, 'utf8')) as { calls: number[][] };
  const parents: number[] = [];

  function follow(from: number, fresh: number): number[] {
    let last = from;
    for (let count = 0; count < fresh; count++) {
      parents.push(last);
      last = parents.length - 1;
    }
    const blocks: number[] = [];
    for (let block = last; block >= 0; block = parents[block] ?? -1) blocks.push(block);
    return blocks.reverse();
  }

  return calls.map(([atMs = 0, , , key = 0, promptTokens = 0, from = 0, fresh = 0, ...rest]) => {
    const prompt = follow(from, fresh);
    const answers: RecordedCall['answers'][number][] = [];
    for (let at = 0; at < rest.length; at += 3) {
      const [tokens = 0, own = 0, more = 0] = rest.slice(at, at + 3);
      answers.push({ tokens, blocks: follow(own, more) });
    }
    return { atMs, key, promptTokens, prompt, answers };
  });
}

/** An engine of the simulation: it batches continuously and keeps what it has computed. */
export type SimulatedEngine = Slot & {
  readonly slots: number;
  readonly cache: PrefixCache;
  running: number;
  readonly waiting: { n: number; start: () => void }[];
};

/** The blocks that an engine keeps; what was used longest ago makes room, the end of a conversation first. */
export class PrefixCache {
  readonly #capacity: number;
  readonly #kept = new Set<number>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How many blocks from the first on are kept. */
  find(blocks: readonly number[]): number {
    const missing = blocks.findIndex((block) => !this.#kept.has(block));
    return missing < 0 ? blocks.length : missing;
  }

  keep(blocks: readonly number[]): void {
    for (const block of blocks.toReversed()) {
      this.#kept.delete(block);
      this.#kept.add(block);
    }
    for (const oldest of this.#kept) {
      if (this.#kept.size <= this.#capacity) return;
      this.#kept.delete(oldest);
    }
  }
}

/** Which of the engines with room a call goes to. */
export type Policy = (engines: readonly SimulatedEngine[]) => SimulatedEngine | undefined;

/** Gives calls to engines. What finds no room waits, in order. */
export type Dispatching = {
  offer(call: RecordedCall, admit: (engine: SimulatedEngine) => void): void;
  release(engine: SimulatedEngine, n: number): void;
};

/** By a policy that knows nothing of what was said. */
export function byPolicy(policy: Policy): (engines: readonly SimulatedEngine[]) => Dispatching {
  return (engines) => {
    const queue: { n: number; admit: (engine: SimulatedEngine) => void }[] = [];
    function pump(): void {
      for (let head = queue[0]; head !== undefined; head = queue[0]) {
        const { n, admit } = head;
        const engine = policy(engines.filter((one) => hasRoom(one, n)));
        if (engine === undefined) return;
        queue.shift();
        engine.inFlight += n;
        admit(engine);
      }
    }
    return {
      offer({ answers }, admit) {
        queue.push({ n: answers.length, admit });
        pump();
      },
      release(engine, n) {
        engine.inFlight -= n;
        pump();
      },
    };
  };
}

/** As the service does it. */
export function byAdmission(engines: readonly SimulatedEngine[]): Dispatching {
  const admission = new Admission<SimulatedEngine>(
    () => engines,
    () => 0,
  );
  return {
    offer({ answers, key }, admit) {
      admission.offer({
        model: 'base',
        n: answers.length,
        affinity: hashText(String(key)),
        priority: 'batch',
        since: 0,
        admit,
        refuse: (error) => {
          throw error;
        },
      });
    },
    release: (engine, n) => admission.release(engine, n),
  };
}

export type Simulation = {
  engines: number;
  /** Sequences that an engine runs at once. */
  slots: number;
  /** Blocks that an engine keeps. */
  kept: number;
  /** How many times faster than recorded calls come. */
  speed: number;
};

export type Simulated = {
  /** Share of the prompts' tokens that were not computed again. */
  saved: number;
  /** Quantiles of the milliseconds from the arrival of a call to its start in a batch. */
  medianMs: number;
  p99Ms: number;
  /** Share of the slots' time that was used. */
  busy: number;
};

const MS_PER_PROMPT_TOKEN = 0.2;
const MS_PER_TOKEN = 5;
/** Sequences that wait at an engine beyond its slots. */
const RESERVE = 2;

/** Replays traffic on engines. */
export function simulate(
  calls: readonly RecordedCall[],
  { engines: count, slots, kept, speed }: Simulation,
  dispatching: (engines: readonly SimulatedEngine[]) => Dispatching,
): Simulated {
  const engines = Array.from({ length: count }, (_, index) => ({
    ...testSlot(`http://10.0.0.${index}:8000`, { cap: 1000, target: slots + RESERVE }),
    slots,
    cache: new PrefixCache(kept),
    running: 0,
    waiting: [],
  }));
  const { offer, release } = dispatching(engines);
  const agenda = new Agenda();
  const waits: number[] = [];
  let saved = 0;
  let used = 0;

  function run(call: RecordedCall, engine: SimulatedEngine): void {
    const { prompt, promptTokens, answers, atMs } = call;
    waits.push(agenda.now - atMs / speed);
    const cached = Math.min(promptTokens - 1, BLOCK * engine.cache.find(prompt));
    engine.cache.keep(prompt);
    saved += cached;
    const longest = Math.max(...answers.map(({ tokens }) => tokens));
    const ms = (promptTokens - cached) * MS_PER_PROMPT_TOKEN + longest * MS_PER_TOKEN;
    used += answers.length * ms;
    agenda.add(agenda.now + ms, () => {
      for (const { blocks } of answers) engine.cache.keep(blocks);
      engine.running -= answers.length;
      startNext(engine);
      release(engine, answers.length);
    });
  }

  for (const call of calls)
    agenda.add(call.atMs / speed, () =>
      offer(call, (engine) => {
        engine.waiting.push({ n: call.answers.length, start: () => run(call, engine) });
        startNext(engine);
      }),
    );
  agenda.run();
  waits.sort((a, b) => a - b);
  const tokens = calls.reduce((sum, { promptTokens }) => sum + promptTokens, 0);
  return {
    saved: saved / tokens,
    medianMs: waits[Math.floor(waits.length * 0.5)] ?? 0,
    p99Ms: waits[Math.floor(waits.length * 0.99)] ?? 0,
    busy: used / (agenda.now * count * slots),
  };
}

/** Starts what has waited longest at an engine as long as there are slots. */
function startNext(engine: SimulatedEngine): void {
  while (engine.running < engine.slots) {
    const next = engine.waiting.shift();
    if (next === undefined) return;
    engine.running += next.n;
    next.start();
  }
}

/** What happens when, in order of time. */
class Agenda {
  readonly #events: { at: number; happen: () => void }[] = [];
  now = 0;

  add(at: number, happen: () => void): void {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle]?.at ?? 0) > at) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, { at, happen });
  }

  run(): void {
    for (let event = this.#events.pop(); event !== undefined; event = this.#events.pop()) {
      this.now = event.at;
      event.happen();
    }
  }
}
