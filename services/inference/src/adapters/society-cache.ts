import type { StoredRecord } from '@parley/platform';
import type { Revision } from '../domain/revision.ts';
import type { Society } from '../domain/society.ts';
import type { Registry } from './registry.ts';

/** A society and those of its revisions that are in use. */
export type CachedSociety = { society: Society; revisions: Revision[] };

type Entry = {
  society: StoredRecord<Society>;
  revisions: Map<number, StoredRecord<Revision>>;
};

const PAGE = 200;
/** Revisions of one society that are kept besides the current and the latest one. */
const KEPT = 32;

/**
 * Societies and revisions in memory, so that a call costs no look into the store. They are as fresh as the
 * last `refresh`; a revision's agents never change.
 */
export class SocietyCache {
  readonly #registry: Registry;
  readonly #entries = new Map<string, Entry>();
  readonly #onChange: () => void;

  constructor(registry: Registry, onChange: () => void) {
    this.#registry = registry;
    this.#onChange = onChange;
  }

  /** All societies with their revisions in memory. */
  *all(): Iterable<CachedSociety> {
    for (const { society, revisions } of this.#entries.values()) {
      yield {
        society: society.value,
        revisions: Array.from(revisions.values(), ({ value }) => value),
      };
    }
  }

  /**
   * A society and one of its revisions; 0 is the current one.
   * @throws ParleyError NOT_FOUND
   */
  async get(name: string, number: number): Promise<{ society: Society; revision: Revision }> {
    const entry = this.#entries.get(name) ?? (await this.#read(name));
    const wanted = number === 0 ? entry.society.value.current : number;
    const revision = entry.revisions.get(wanted) ?? (await this.#readRevision(name, wanted));
    return { society: entry.society.value, revision: revision.value };
  }

  /** Reads a society again, with those of its revisions that are in memory. */
  async refresh(name: string): Promise<void> {
    const entry = await this.#read(name);
    await Promise.all(
      [...entry.revisions.keys()].map((number) => this.#readRevision(name, number)),
    );
    this.#onChange();
  }

  /** Reads all societies. */
  async refreshAll(): Promise<void> {
    let after: string | undefined;
    do {
      const page = await this.#registry.list({
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      await Promise.all(page.societies.map(({ name }) => this.refresh(name)));
      after = page.next;
    } while (after !== undefined);
  }

  async #read(name: string): Promise<Entry> {
    const society = await this.#registry.society(name);
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = { society, revisions: new Map() };
      this.#entries.set(name, entry);
    } else if (society.version > entry.society.version) entry.society = society;
    const { current, latest } = entry.society.value;
    for (const number of new Set([current, latest]))
      if (!entry.revisions.has(number)) await this.#readRevision(name, number);
    return entry;
  }

  async #readRevision(name: string, number: number): Promise<StoredRecord<Revision>> {
    const read = await this.#registry.revision(name, number);
    const entry = this.#entries.get(name);
    const known = entry?.revisions.get(number);
    if (known !== undefined && known.version >= read.version) return known;
    entry?.revisions.set(number, read);
    if (entry !== undefined) forget(entry);
    return read;
  }
}

/** Forgets the revisions that were read longest ago. */
function forget({ society, revisions }: Entry): void {
  const { current, latest } = society.value;
  for (const number of revisions.keys()) {
    if (revisions.size <= KEPT) return;
    if (number !== current && number !== latest) revisions.delete(number);
  }
}
