import {
  type Artifacts,
  createGrpcServer,
  type Events,
  emit,
  type GrpcServer,
  handleEvents,
  ParleyError,
  sha256,
  TOPICS,
} from '@parley/platform';
import { CollectionFilledSchema, DatasetService } from '@parley/proto/dataset';
import { DebateService, type DebatesRequested, DebatesRequestedSchema } from '@parley/proto/debate';
import { type AgentVersion, InferenceService } from '@parley/proto/inference';
import { VotingService } from '@parley/proto/voting';
import { seatsOf } from '../domain/spec.ts';

/** How the services behind the border behave; tests change it. */
export type Behaviour = {
  /** Share of right round-1 and final answers of a revision, and how alike its agents are. */
  quality: (revision: number) => { first: number; last: number; alike?: boolean };
  /**
   * What waits until it resolves: the debates of the collection that is named, or the call 'seal',
   * 'results', 'register' or 'promote'.
   */
  hold: (name: string) => Promise<void>;
  /** Rows of a seat's dataset. */
  rows: (seat: string, iteration: number) => number;
  embeddings: boolean;
};

const TRAIN = 6;
export const EVALUATION = 40;
export const AGENTS = 2;

type Collection = { id: string; split: string; revision: number; filled: boolean };
type Revision = { number: number; status: string; agents: Partial<AgentVersion>[] };

/** The state of the services that stand for dataset, inference and voting, and how often they were asked. */
export type BorderState = {
  collections: Map<string, Collection>;
  requested: DebatesRequested[];
  revisions: Map<number, Revision>;
  requestIds: Map<string, number>;
  current: number;
  promotions: number[];
  sealed: { collection: string; pooling: string; weight: number }[];
  /** How often each batch was looked at, by id. */
  askedForBatch: Map<string, number>;
  /** Why the batches failed that did, by id. */
  failedBatches: Map<string, string>;
  cancelledBatches: string[];
};

/** Whether an answer is right: the same for the same names, with the given share over many. */
export function isRight(share: number, ...names: (string | number)[]): boolean {
  return Number.parseInt(sha256(names.join('/')).slice(0, 8), 16) / 2 ** 32 < share;
}

/**
 * One gRPC server with small, deterministic implementations of the services that finetune calls. Debates
 * are answered by what `behaviour` says of their revision.
 */
export async function startBorder(
  artifacts: Artifacts,
  events: Events,
  behaviour: Behaviour,
): Promise<{ address: string; state: BorderState; close(): Promise<void> }> {
  const state: BorderState = {
    collections: new Map(),
    requested: [],
    revisions: new Map([
      [1, { number: 1, status: 'current', agents: seatsOf(AGENTS).map((seat) => ({ seat })) }],
    ]),
    requestIds: new Map(),
    current: 1,
    promotions: [],
    sealed: [],
    askedForBatch: new Map(),
    failedBatches: new Map(),
    cancelledBatches: [],
  };
  const splits = await Promise.all(
    Object.entries({ train: TRAIN, evaluation: EVALUATION }).map(async ([name, problems]) => {
      const lines = Array.from({ length: problems }, (_, at) =>
        JSON.stringify({ id: `${name}-${at}`, question: `${at}+1`, answer: `${at + 1}` }),
      );
      const stored = await artifacts.put(`problems/${name}`, Buffer.from(lines.join('\n')));
      return { name, problems, uri: stored.uri, sha256: stored.sha256 };
    }),
  );
  const closing = Promise.withResolvers<void>();
  const held = (name: string) => Promise.race([behaviour.hold(name), closing.promise]);
  const server = createGrpcServer({ host: '127.0.0.1', port: 0, onError: () => {} });
  addDataset(server, { artifacts, state, behaviour, splits, held });
  addInference(server, state, behaviour, held);
  addVoting(server);
  addDebate(server, state);
  const subscription = await handleEvents(events, DebatesRequestedSchema, {
    topic: TOPICS.debatesRequested,
    group: 'border',
    async handle(message) {
      state.requested.push(message);
      await held(message.collection);
      const collection = state.collections.get(message.collection);
      if (!collection || collection.filled) return;
      collection.filled = true;
      const filled = emit(
        CollectionFilledSchema,
        { collection: collection.id },
        { topic: TOPICS.collectionsFilled, key: collection.id, source: 'dataset' },
      );
      await events.publish([filled.event]);
    },
  });
  const port = await server.start();
  return {
    address: `127.0.0.1:${port}`,
    state,
    async close() {
      closing.resolve();
      await subscription.close();
      await server.stop(0);
    },
  };
}

type Split = { name: string; problems: number; uri: string; sha256: string };

function addDataset(
  server: GrpcServer,
  world: {
    artifacts: Artifacts;
    state: BorderState;
    behaviour: Behaviour;
    splits: Split[];
    held: Behaviour['hold'];
  },
): void {
  const { artifacts, state, behaviour, splits, held } = world;
  const sizeOf = (split: string) => splits.find(({ name }) => name === split)?.problems ?? 0;
  function collectionOf(id: string): Collection {
    const collection = state.collections.get(id);
    if (!collection) throw new ParleyError('NOT_FOUND', `there is no collection ${id}`);
    return collection;
  }
  function message({ id, split, revision, filled }: Collection) {
    const expected = sizeOf(split);
    return { id, split, revision, filled, expected, ended: filled ? { completed: expected } : {} };
  }
  server.add(DatasetService, {
    createProblemSet: async () => ({}),
    async getProblemSet({ name }) {
      if (name === 'sums') return { problemSet: { name, task: 'arithmetic', splits } };
      if (name === 'bare')
        return { problemSet: { name, task: 'arithmetic', splits: splits.slice(0, 1) } };
      throw new ParleyError('NOT_FOUND', `there is no problem set '${name}'`);
    },
    async openCollection({ id, split, revision }) {
      const collection = state.collections.get(id) ?? { id, split, revision, filled: false };
      state.collections.set(id, collection);
      const found = splits.find(({ name }) => name === split);
      return { collection: message(collection), ...(found ? { split: found } : {}) };
    },
    getCollection: async ({ id }) => ({ collection: message(collectionOf(id)) }),
    async seal({ collection, pooling, weight }) {
      await held('seal');
      state.sealed.push({ collection, pooling, weight });
      const iteration = Number(/\.i(\d+)\./.exec(collection)?.[1]);
      const seats = pooling === 'all' ? ['all'] : seatsOf(AGENTS);
      const datasets = await Promise.all(
        seats.map(async (seat) => {
          const rows = behaviour.rows(seat, iteration);
          const lines = Array.from(
            { length: rows },
            (_, at) => `{"row":"${collection} ${seat} ${at}"}`,
          );
          const path = `datasets/${collection}.${seat}`;
          const { uri, sha256: digest } = await artifacts.put(path, Buffer.from(lines.join('\n')));
          const pools = { generation: rows };
          return {
            seat,
            rows,
            pools,
            uri,
            sha256: digest,
            manifestUri: uri,
            manifestSha256: digest,
          };
        }),
      );
      return { datasets };
    },
    async *streamResults({ collection }) {
      if (collection.includes('.i1.')) await held('results');
      const { split, revision } = collectionOf(collection);
      const { first, last, alike = false } = behaviour.quality(revision);
      for (let at = 0; at < sizeOf(split); at++) {
        const text = (right: boolean, position: number) =>
          right ? `${at + 1}` : alike ? 'wrong' : `wrong ${position}`;
        const answers = [1, 2].flatMap((round) =>
          seatsOf(AGENTS)
            .slice(0, AGENTS)
            .map((_, index) => ({
              round,
              position: index + 1,
              seat: `${round === 1 ? 'gen' : 'critic'}-${index + 1}`,
              text: text(isRight(round === 1 ? first : last, round, at, index), index + 1),
            })),
        );
        const answer = answers.find(({ round }) => round === 2)?.text ?? '';
        const agreeing = answers.filter(({ round, text: one }) => round === 2 && one === answer);
        yield {
          problemId: `${split}-${at}`,
          reference: `${at + 1}`,
          status: 'completed',
          answer,
          consensus: agreeing.length / AGENTS,
          answers,
          prompt: `${at}+1`,
          tokens: 100,
        };
      }
    },
  });
}

function addInference(
  server: GrpcServer,
  state: BorderState,
  behaviour: Behaviour,
  held: Behaviour['hold'],
): void {
  const society = () => ({
    name: 'pupils',
    base: 'tiny',
    agents: AGENTS,
    currentRevision: state.current,
    latestRevision: state.revisions.size,
  });
  server.add(InferenceService, {
    async *generate() {},
    async score({ items }) {
      return {
        scores: items.map(({ answer }) => ({ logProbability: -2 * answer.length, tokens: 4 })),
      };
    },
    async embed({ texts }) {
      if (!behaviour.embeddings)
        throw new ParleyError('NOT_CONFIGURED', 'no embedding endpoint is configured');
      return {
        embeddings: texts.map((text) => {
          const angle = Number.parseInt(sha256(text).slice(0, 8), 16) / 2 ** 32;
          return { values: [Math.cos(angle), Math.sin(angle)] };
        }),
      };
    },
    createSociety: async () => ({}),
    async getSociety({ name }) {
      if (name !== 'pupils') throw new ParleyError('NOT_FOUND', `there is no society '${name}'`);
      return { society: society() };
    },
    listSocieties: async () => ({}),
    async addRevision({ requestId, agents, baseRevision }) {
      await held('register');
      const known = state.requestIds.get(requestId);
      const number = known ?? state.revisions.size + 1;
      if (known === undefined) {
        state.requestIds.set(requestId, number);
        const kept = state.revisions.get(baseRevision)?.agents ?? [];
        const changed = kept.map(
          (agent) => agents.find(({ seat }) => seat === agent.seat) ?? agent,
        );
        state.revisions.set(number, { number, status: 'candidate', agents: changed });
      }
      return { revision: { number } };
    },
    async getRevision({ number }) {
      const agents = state.revisions.get(number)?.agents ?? [];
      return {
        revision: {
          number,
          agents: agents.map(({ seat = '', adapterUri = '', adapterSha256 = '' }) => ({
            seat,
            adapterUri,
            adapterSha256,
          })),
        },
      };
    },
    async promoteRevision({ number }) {
      await held('promote');
      state.promotions.push(number);
      state.current = number;
      return { society: society() };
    },
    listEngines: async () => ({}),
  });
}

function addVoting(server: GrpcServer): void {
  server.add(VotingService, {
    async tally({ ballots }) {
      const groups = Map.groupBy(ballots, ({ response }) => response);
      const largest = [...groups].sort((a, b) => b[1].length - a[1].length)[0];
      return { vote: largest ? { winner: { answer: largest[0] } } : {} };
    },
    extract: async () => ({}),
    async grade({ pairs }) {
      return { results: pairs.map(({ answer, reference }) => ({ equal: answer === reference })) };
    },
    async *tallyBatch() {},
    async *extractBatch() {},
    async *gradeBatch() {},
  });
}

function addDebate(server: GrpcServer, state: BorderState): void {
  const unused = async (): Promise<never> => {
    throw new ParleyError('NOT_CONFIGURED', 'cycles do not use this');
  };
  server.add(DebateService, {
    async getBatch({ id }) {
      state.askedForBatch.set(id, (state.askedForBatch.get(id) ?? 0) + 1);
      const reason = state.failedBatches.get(id);
      if (reason !== undefined) return { batch: { id, status: 'failed', reason } };
      if (state.cancelledBatches.includes(id)) return { batch: { id, status: 'cancelled' } };
      if (state.requested.some(({ batch }) => batch === id))
        return { batch: { id, status: 'running' } };
      throw new ParleyError('NOT_FOUND', `there is no batch '${id}'`);
    },
    async cancelBatch({ id }) {
      state.cancelledBatches.push(id);
      return { batch: { id, status: 'cancelled' } };
    },
    createDebate: unused,
    getDebate: unused,
    listDebates: unused,
    cancelDebate: unused,
    // biome-ignore lint/correctness/useYield: a stream that is refused has no entries
    async *watchDebate() {
      await unused();
    },
  });
}
