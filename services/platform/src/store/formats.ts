import { ParleyError } from '../errors.ts';
import type { Operation, Store, StoredRecord, StreamEntry } from './port.ts';

/**
 * How the values of one name are kept. `version` is the format that is written now, from 1; `upgrade[n]` makes
 * format n + 1 of format n, for each n below `version`.
 */
export type Format = {
  version: number;
  upgrade: Readonly<Record<number, (older: unknown) => unknown>>;
};

/** Formats by the name of a record or stream, up to its first slash; what is not named has format 1. */
export type Formats = Readonly<Record<string, Format>>;

const STAMP = '$format';

/**
 * A store whose values carry the number of their format, from 2 on. What an older version of the service wrote is
 * read as the newest format. What a newer one wrote is refused, so that its work goes back to the queue and to a
 * replica that understands it: two versions can run side by side during an update.
 * @throws ParleyError by `get` and `read`: UNAVAILABLE for a value of a newer format.
 */
export function withFormats(store: Store, formats: Formats = {}): Store {
  function stamped(name: string, value: unknown): unknown {
    const { version } = formatOf(name);
    return version === 1 ? value : { [STAMP]: version, value };
  }

  function formatOf(name: string): Format {
    return formats[name.split('/', 1)[0] ?? ''] ?? FIRST;
  }

  function newest(owner: string, name: string, kept: unknown): unknown {
    const [written, value] = unstamped(kept);
    const { version, upgrade } = formatOf(name);
    if (written > version)
      throw new ParleyError(
        'UNAVAILABLE',
        `${owner}/${name} has format ${written}, written by a newer version of this service; this one reads up to ${version}`,
      );
    let current = value;
    for (let from = written; from < version; from += 1) current = upgrade[from]?.(current);
    return current;
  }

  return {
    ...store,
    commit: (owner, operations) =>
      store.commit(
        owner,
        operations.map((operation): Operation => {
          if (operation.op === 'put')
            return { ...operation, value: stamped(operation.name, operation.value) };
          if (operation.op === 'append')
            return { ...operation, value: stamped(operation.stream, operation.value) };
          return operation;
        }),
      ),
    async get<T>(owner: string, name: string) {
      const found = await store.get(owner, name);
      if (found === undefined) return undefined;
      return { ...found, value: newest(owner, name, found.value) } as StoredRecord<T>;
    },
    async read<T>(owner: string, stream: string, options: Parameters<Store['read']>[2]) {
      const entries = await store.read(owner, stream, options);
      return entries.map(
        ({ sequence, value }) =>
          ({ sequence, value: newest(owner, stream, value) }) as StreamEntry<T>,
      );
    },
  };
}

const FIRST: Format = { version: 1, upgrade: {} };

/** The format of a kept value, and the value itself. */
function unstamped(kept: unknown): [version: number, value: unknown] {
  if (kept === null || typeof kept !== 'object' || !(STAMP in kept)) return [1, kept];
  const { [STAMP]: version, value } = kept as { [STAMP]: number; value: unknown };
  return [version, value];
}
