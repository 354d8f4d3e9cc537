import { ParleyError } from '../errors.ts';
import { waitForSignal } from '../store/signals.ts';
import type { SqliteDatabase } from '../store/sqlite-database.ts';
import type { DeliveredEvent, EventHandler } from './port.ts';
import { type LogEntry, type SqliteLog, topicSignal } from './sqlite-log.ts';
import { deadLetterTopic } from './topics.ts';

const BATCH = 200;
const POLL = 500;
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 1_000;
/** So many tries that the pause is the longest. */
const LONGEST_TRIES = 10;

export type Member = { handle: EventHandler; attempts: number; running: Set<Promise<void>> };

/**
 * Reads one topic for the members of one group, or for one subscriber of everyone. A batch is handed out
 * with its keys side by side and the events of a key one after the other; the next batch, and the group's
 * stored position, follow when all of it is done. So an event that is tried again holds up its own key
 * and, at the end of the batch, the others.
 */
export class SqliteConsumer {
  readonly #members: Member[] = [];
  readonly #database: SqliteDatabase;
  readonly #log: SqliteLog;
  readonly #topic: string;
  readonly #group: string | undefined;
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(
    database: SqliteDatabase,
    log: SqliteLog,
    { topic, group }: { topic: string; group: string | undefined },
  ) {
    this.#database = database;
    this.#log = log;
    this.#topic = topic;
    this.#group = group;
  }

  /** Adds a member; the first one starts the reading behind `position`. */
  join(member: Member, position: number): void {
    this.#members.push(member);
    this.#loop ??= this.#consume(position);
  }

  /**
   * Takes a member out and waits for the handlers that it runs. The last one ends the reading; what it
   * did not handle is kept for the group.
   * @returns whether the consumer has ended.
   */
  leave(member: Member): { ended: boolean; done: Promise<unknown> } {
    const at = this.#members.indexOf(member);
    if (at >= 0) this.#members.splice(at, 1);
    if (this.#members.length > 0) return { ended: false, done: Promise.allSettled(member.running) };
    this.#stop.abort();
    return { ended: true, done: this.#loop ?? Promise.resolve() };
  }

  async #consume(start: number): Promise<void> {
    let position = start;
    while (!this.#stop.signal.aborted) {
      const batch = await this.#log.read(this.#topic, position, BATCH).catch(() => []);
      if (batch.length === 0) {
        const signal = topicSignal(this.#topic);
        await waitForSignal(this.#database.signals, signal, POLL, this.#stop.signal);
        continue;
      }
      const passed = await this.#handleBatch(batch);
      if (passed === undefined) continue;
      position = passed;
      // A position that cannot be stored now is stored with a later batch; until then events may repeat.
      if (this.#group !== undefined)
        await this.#log.setGroupPosition(this.#topic, this.#group, position).catch(() => {});
    }
  }

  /** The position up to which everything is handled; undefined if not even the first entry is. */
  async #handleBatch(batch: LogEntry[]): Promise<number | undefined> {
    const open = new Set(batch.map((entry) => entry.position));
    const byKey = Map.groupBy(batch, ({ event }) => event.key);
    await Promise.all(
      Array.from(byKey.values(), async (entries) => {
        for (const entry of entries) {
          if (!(await this.#deliver(entry))) return;
          open.delete(entry.position);
        }
      }),
    );
    const firstOpen = batch.findIndex((entry) => open.has(entry.position));
    return firstOpen < 0 ? batch.at(-1)?.position : batch[firstOpen - 1]?.position;
  }

  /** Whether the event is dealt with: handled, or among the dead letters. */
  async #deliver(entry: LogEntry): Promise<boolean> {
    for (let attempt = 1; ; ) {
      const member = this.#memberFor(entry.event.key);
      if (member === undefined) return false;
      const failure = await attemptEvent(member, entry, attempt);
      if (failure === undefined) return true;
      if (failure.reason === 'OVERLOADED') {
        await this.#pause(LONGEST_TRIES);
        continue;
      }
      if (attempt >= member.attempts || failure.reason === 'DATA_CORRUPT')
        return this.#bury(entry, failure);
      await this.#pause(attempt);
      attempt += 1;
    }
  }

  async #bury({ event }: LogEntry, failure: ParleyError): Promise<boolean> {
    const error = `${failure.reason}: ${failure.message}`;
    const letter = { ...event, topic: deadLetterTopic(event.topic), error };
    for (let attempt = 1; !this.#stop.signal.aborted; attempt += 1) {
      try {
        await this.#log.append([letter]);
        return true;
      } catch {
        await this.#pause(attempt);
      }
    }
    return false;
  }

  #memberFor(key: string): Member | undefined {
    let hash = 0;
    for (let at = 0; at < key.length; at += 1) hash = (hash * 31 + key.charCodeAt(at)) >>> 0;
    return this.#members[hash % this.#members.length];
  }

  async #pause(attempt: number): Promise<void> {
    const pause = Math.min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE);
    await waitForSignal(this.#database.signals, 'events pause', pause, this.#stop.signal);
  }
}

async function attemptEvent(
  member: Member,
  { event, error }: LogEntry,
  attempt: number,
): Promise<ParleyError | undefined> {
  const delivered: DeliveredEvent = {
    ...event,
    attempt,
    ...(error === undefined ? {} : { error }),
  };
  let failure: ParleyError | undefined;
  const run = (async () => {
    try {
      await member.handle(delivered);
    } catch (thrown) {
      failure = ParleyError.from(thrown);
    }
  })();
  member.running.add(run);
  await run;
  member.running.delete(run);
  return failure;
}
