import {
  canonicalJson,
  emit,
  type Operation,
  ParleyError,
  type Store,
  type StoredRecord,
  sha256,
  TOPICS,
} from '@parley/platform';
import { SocietyChangedSchema } from '@parley/proto/inference';
import {
  type AgentChange,
  firstRevision,
  nextRevision,
  promoted,
  type Revision,
} from '../domain/revision.ts';
import { newSociety, type Society, type SocietySpec } from '../domain/society.ts';

/** Where societies and their revisions are kept. All throw ParleyError. */
export type Registry = {
  /**
   * Creates a society and its revision 1. An equal society that exists already is the answer.
   * @throws ALREADY_EXISTS for another society of that name.
   */
  create(spec: SocietySpec): Promise<Society>;
  /** @throws NOT_FOUND */
  society(name: string): Promise<StoredRecord<Society>>;
  /** @throws NOT_FOUND */
  revision(society: string, number: number): Promise<StoredRecord<Revision>>;
  /** Societies in the order of their creation. */
  list(options: {
    limit: number;
    after?: string;
  }): Promise<{ societies: Society[]; next?: string }>;
  /**
   * Adds a revision to those of a society, changed from `from`. The same request gives the same revision.
   * @throws ALREADY_EXISTS when `requestId` was used for another request.
   */
  addRevision(request: {
    society: string;
    requestId: string;
    from: number;
    agents: readonly AgentChange[];
  }): Promise<Revision>;
  /** Makes a revision current. @throws FAILED_PRECONDITION when it is broken. */
  promote(society: string, number: number): Promise<Society>;
  /** Notes that a revision must not be used, and why. */
  markBroken(society: string, number: number, reason: string): Promise<void>;
  /** Notes that all adapters of a revision have been checked. */
  markVerified(society: string, number: number): Promise<void>;
};

export const SOCIETIES_INDEX = 'societies';

const SOCIETY = 'society';
const ATTEMPTS = 20;

type Request = { digest: string; number: number };

/** The registry in a store. @param now milliseconds since the epoch. */
export function createRegistry(store: Store, now: () => number): Registry {
  async function required<T>(owner: string, name: string, what: string): Promise<StoredRecord<T>> {
    const record = await store.get<T>(owner, name);
    if (record === undefined) throw new ParleyError('NOT_FOUND', `there is no ${what}`);
    return record;
  }

  function society(name: string): Promise<StoredRecord<Society>> {
    return required<Society>(name, SOCIETY, `society ${name}`);
  }

  function revision(name: string, number: number): Promise<StoredRecord<Revision>> {
    return required<Revision>(name, revisionName(number), `revision ${number} of society ${name}`);
  }

  /** Repeats a read, a decision and a commit until no one else was faster. */
  async function decide<T>(step: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await step();
      } catch (thrown) {
        const isConflict = thrown instanceof ParleyError && thrown.reason === 'CONFLICT';
        if (!isConflict || attempt === ATTEMPTS) throw thrown;
      }
    }
  }

  async function change(
    name: string,
    number: number,
    apply: (value: Revision) => Revision | undefined,
  ): Promise<void> {
    await decide(async () => {
      const [owner, target] = await Promise.all([society(name), revision(name, number)]);
      const value = apply(target.value);
      if (value === undefined) return;
      await store.commit(name, [
        { op: 'put', name: revisionName(number), value, expect: target.version },
        changed(owner.value),
      ]);
    });
  }

  return {
    society,
    revision,

    async create(spec) {
      const value = newSociety(spec, new Date(now()).toISOString());
      const first = firstRevision(value);
      try {
        await store.commit(value.name, [
          { op: 'put', name: SOCIETY, value, expect: 'absent' },
          { op: 'put', name: revisionName(1), value: first, expect: 'absent' },
          { op: 'index', index: SOCIETIES_INDEX, member: value.name, rank: now() },
          changed(value),
        ]);
        return value;
      } catch (thrown) {
        if (!(thrown instanceof ParleyError && thrown.reason === 'CONFLICT')) throw thrown;
      }
      const { value: standing } = await society(value.name);
      if (made(standing) === made(value)) return standing;
      throw new ParleyError(
        'ALREADY_EXISTS',
        `there is a society ${value.name} of ${standing.agents} agents over ${standing.base} already; choose another name`,
        { field: 'name' },
      );
    },

    async list({ limit, after }) {
      const page = await store.range(SOCIETIES_INDEX, {
        limit,
        ...(after === undefined ? {} : { after }),
      });
      const records = await Promise.all(page.members.map(society));
      const societies = records.map(({ value }) => value);
      return page.next === undefined ? { societies } : { societies, next: page.next };
    },

    addRevision({ society: name, requestId, from, agents }) {
      const digest = sha256(canonicalJson({ from, agents }));
      const requestName = `request/${requestId}`;
      return decide(async () => {
        const [owner, request] = await Promise.all([
          society(name),
          store.get<Request>(name, requestName),
        ]);
        if (request !== undefined) {
          if (request.value.digest === digest)
            return (await revision(name, request.value.number)).value;
          throw new ParleyError(
            'ALREADY_EXISTS',
            `request ${requestId} made revision ${request.value.number} of ${name} from other agents; use a new request id`,
            { field: 'requestId' },
          );
        }
        const base = await revision(name, from === 0 ? owner.value.current : from);
        const createdAt = new Date(now()).toISOString();
        const value = nextRevision(owner.value, base.value, agents, createdAt);
        const grown = { ...owner.value, latest: value.number };
        await store.commit(name, [
          { op: 'put', name: SOCIETY, value: grown, expect: owner.version },
          { op: 'put', name: revisionName(value.number), value, expect: 'absent' },
          {
            op: 'put',
            name: requestName,
            value: { digest, number: value.number } satisfies Request,
            expect: 'absent',
          },
          changed(grown),
        ]);
        return value;
      });
    },

    promote(name, number) {
      return decide(async () => {
        const [owner, target] = await Promise.all([society(name), revision(name, number)]);
        const value = promoted(owner.value, target.value);
        if (owner.value.current === number) return owner.value;
        await store.commit(name, [
          { op: 'put', name: SOCIETY, value, expect: owner.version },
          // Written as it is, so that nobody marks it broken meanwhile.
          {
            op: 'put',
            name: revisionName(number),
            value: target.value,
            expect: target.version,
          },
          changed(value),
        ]);
        return value;
      });
    },

    markBroken(name, number, reason) {
      return change(name, number, (value) =>
        value.broken === '' ? { ...value, broken: reason } : undefined,
      );
    },

    markVerified(name, number) {
      return change(name, number, (value) =>
        value.verified ? undefined : { ...value, verified: true },
      );
    },
  };
}

function revisionName(number: number): string {
  return `revision/${number}`;
}

/** What a creator of the society chose, as text that can be compared. */
function made({ base, agents, protocol }: Society): string {
  return canonicalJson({ base, agents, protocol });
}

function changed({ name, current, latest }: Society): Operation {
  return emit(
    SocietyChangedSchema,
    { society: name, currentRevision: current, latestRevision: latest },
    { topic: TOPICS.societiesChanged, key: name, source: 'inference' },
  );
}
