import { createGrpcServer, ParleyError, type Prompts, type Reason } from '@parley/platform';
import { type GenerateCall, InferenceService } from '@parley/proto/inference';
import { VotingService } from '@parley/proto/voting';

/** What the answerer says to a call. */
export type Reply =
  | { text: string }
  | { failure: Reason; retryable: boolean }
  /** Never answers. */
  | 'silence';

export type AskedCall = {
  id: string;
  seat: string;
  seed: number;
  messages: { role: string; content: string }[];
};

/** One request as the answerer got it. */
export type Asked = {
  society: string;
  revision: number;
  priority: string;
  calls: AskedCall[];
  trace: string | undefined;
};

/** How the answerer behaves; a test changes it as it goes. */
export type Behaviour = {
  reply: (call: AskedCall, times: number) => Reply | Promise<Reply>;
  /** Refuses a whole request. */
  refuse: (() => ParleyError | undefined) | undefined;
  /** Refuses a vote. */
  refuseVote: (() => ParleyError | undefined) | undefined;
  agents: number;
  rounds: number;
  /** The society's own. */
  prompts: Prompts | undefined;
  /** A society that is not there. */
  missing: string;
};

/**
 * Stands for inference and voting at the border of the debate service: their contracts, served over real
 * gRPC on loopback, by a tiny deterministic answerer and a plain count of \boxed{} answers.
 */
export async function startNeighbours(): Promise<Neighbours> {
  const behaviour: Behaviour = {
    reply: answer,
    refuse: undefined,
    refuseVote: undefined,
    agents: 3,
    rounds: 2,
    prompts: undefined,
    missing: 'nobody',
  };
  const asked: Asked[] = [];
  const times = new Map<string, number>();
  const counters = { tallies: 0, lookups: 0, open: 0 };
  const server = createGrpcServer({ host: '127.0.0.1', port: 0, onError: () => {} });

  server.add(InferenceService, {
    async *generate({ society, revision, priority, calls }, { signal, trace }) {
      const refusal = behaviour.refuse?.();
      if (refusal) throw refusal;
      const plain = calls.map(plainCall);
      asked.push({ society, revision, priority, calls: plain, trace });
      const open = new Map(plain.map((call) => [call.id, settle(call, signal)]));
      while (open.size > 0) {
        const [call, reply] = await Promise.race(open.values());
        open.delete(call.id);
        if (signal.aborted) return;
        if (reply === 'silence') continue;
        yield 'text' in reply ? completion(call, reply.text) : failure(call, reply);
      }
    },
    async getSociety({ name }) {
      counters.lookups += 1;
      if (name === behaviour.missing) throw new ParleyError('NOT_FOUND', `no society '${name}'`);
      return {
        society: {
          name,
          base: 'base',
          agents: behaviour.agents,
          protocol: {
            rounds: behaviour.rounds,
            summaries: true,
            critics: true,
            summarizer: 'base',
            sampling: { temperature: 1, topP: 0.9, maxTokens: 256 },
            ...(behaviour.prompts ? { prompts: behaviour.prompts } : {}),
          },
          currentRevision: 2,
          latestRevision: 3,
        },
      };
    },
    score: unused,
    embed: unused,
    createSociety: unused,
    listSocieties: unused,
    addRevision: unused,
    getRevision: unused,
    promoteRevision: unused,
    listEngines: unused,
  });

  async function settle(call: AskedCall, signal: AbortSignal): Promise<[AskedCall, Reply]> {
    const key = `${call.seat} ${call.seed} ${call.id}`;
    times.set(key, (times.get(key) ?? 0) + 1);
    counters.open += 1;
    const reply = await behaviour.reply(call, times.get(key) ?? 1);
    if (reply === 'silence' && !signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    counters.open -= 1;
    return [call, reply];
  }

  server.add(VotingService, {
    async tally({ ballots }) {
      counters.tallies += 1;
      const refusal = behaviour.refuseVote?.();
      if (refusal) throw refusal;
      return { vote: count(ballots) };
    },
    extract: unused,
    grade: unused,
    tallyBatch: unusedStream,
    extractBatch: unusedStream,
    gradeBatch: unusedStream,
  });

  const port = await server.start();
  return {
    address: `127.0.0.1:${port}`,
    behaviour,
    asked,
    counters,
    calls: () => asked.flatMap((request) => request.calls),
    close: () => server.stop(0),
  };
}

export type Neighbours = {
  address: string;
  behaviour: Behaviour;
  /** Every request that was answered. */
  asked: Asked[];
  /** Votes, looked up societies, and calls that are being answered. */
  counters: { tallies: number; lookups: number; open: number };
  calls(): AskedCall[];
  close(): Promise<void>;
};

/** The answerer: a summary is the length of its request; an answer depends on the call's seed. */
export function answer({ messages, seed }: AskedCall): Reply {
  const prompt = messages.at(-1)?.content ?? '';
  if (isSummary(prompt)) return { text: `They gave ${prompt.length} characters.` };
  return { text: `seed ${seed}, turn ${messages.length}\n\\boxed{${seed % 2}}` };
}

/** Whether a prompt asks for a summary. */
export function isSummary(prompt: string): boolean {
  return prompt.startsWith('These are the answers of other agents');
}

async function unused(): Promise<never> {
  throw new ParleyError('NOT_CONFIGURED', 'debates do not use this');
}

// biome-ignore lint/correctness/useYield: a stream that is refused has no entries
async function* unusedStream(): AsyncGenerator<never> {
  await unused();
}

function plainCall({ id, seat, seed, messages }: GenerateCall): AskedCall {
  return {
    id,
    seat,
    seed: Number(seed),
    messages: messages.map(({ role, content }) => ({ role, content })),
  };
}

function completion({ id, seat, seed, messages }: AskedCall, text: string) {
  const promptTokens = messages.length * 10;
  const value = { callId: id, text, servedName: `served-${seat}`, engine: 'e1', latencyMs: 1 };
  return {
    result: {
      case: 'completion' as const,
      value: { ...value, seed: BigInt(seed), promptTokens, completionTokens: 5 },
    },
  };
}

function failure({ id }: AskedCall, reply: { failure: Reason; retryable: boolean }) {
  const value = { callId: id, reason: reply.failure, message: 'so it goes' };
  return { result: { case: 'failure' as const, value: { ...value, retryable: reply.retryable } } };
}

function count(ballots: { agent: string; response: string }[]) {
  const extractions = ballots.map(({ agent, response }) => {
    const found = /\\boxed\{([^}]*)\}/.exec(response)?.[1] ?? '';
    return { agent, answer: found, rule: found === '' ? '' : 'boxed' };
  });
  const groups = [...Map.groupBy(extractions, (one) => one.answer)]
    .filter(([text]) => text !== '')
    .map(([text, members]) => ({ answer: text, members: members.map((one) => one.agent) }))
    .sort((a, b) => b.members.length - a.members.length);
  const [winner, second] = groups;
  return {
    ...(winner ? { winner } : {}),
    tie: winner !== undefined && winner.members.length === second?.members.length,
    groups,
    unextracted: extractions.filter((one) => one.answer === '').map((one) => one.agent),
    extractions,
    consensus: (winner?.members.length ?? 0) / ballots.length,
  };
}
