import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaMessage } from 'kafkajs';
import { ParleyError } from '../errors.ts';
import { mapLimited } from '../work/limited.ts';
import { type Burial, type MessagePlace, toEvent } from './kafka-message.ts';
import type { EventHandler } from './port.ts';

/** How many keys of a partition are handled side by side. */
const KEYS_AT_ONCE = 16;
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 1_000;
const FIRST_REST = 100;
const LONGEST_REST = 30_000;

/** What a partition's messages are for. */
export type PartitionWork = {
  topic: string;
  partition: number;
  attempts: number;
  handle: EventHandler;
  /** Puts a message among the dead letters. */
  bury(place: MessagePlace, message: KafkaMessage, burial: Omit<Burial, 'group'>): Promise<void>;
};

/**
 * Handles what is read from one partition: the keys of a batch side by side, the messages of a key one
 * after the other. It remembers what was handled behind a message that is still open, so that this is
 * not handled again when the partition is read again from there.
 */
export class PartitionHandler {
  readonly #work: PartitionWork;
  readonly #handled = new Set<string>();
  readonly #failures = new Map<string, number>();
  #rests = 0;
  #restUntil = 0;

  constructor(work: PartitionWork) {
    this.#work = work;
  }

  /** Until when the partition is to rest since a handler was overloaded; compare with performance.now(). */
  get restUntil(): number {
    return this.#restUntil;
  }

  /**
   * Handles a batch until all of it is done, `signal` aborts or a handler is overloaded. Resolves when no
   * handler runs any more.
   */
  async handle(messages: KafkaMessage[], signal: AbortSignal): Promise<void> {
    this.#restUntil = 0;
    const keys = Map.groupBy(messages, ({ key }) => key?.toString());
    await mapLimited([...keys.values()], KEYS_AT_ONCE, async (ofKey) => {
      for (const message of ofKey) {
        if (this.#handled.has(message.offset)) continue;
        if (!(await this.#deliver(message, signal))) return;
        this.#handled.add(message.offset);
        this.#failures.delete(message.offset);
      }
    });
    if (this.#restUntil === 0) this.#rests = 0;
  }

  /** The offset up to which a batch is done; undefined if not even its first message is. */
  passed(messages: KafkaMessage[]): string | undefined {
    const open = messages.findIndex(({ offset }) => !this.#handled.has(offset));
    return (open < 0 ? messages : messages.slice(0, open)).at(-1)?.offset;
  }

  /** Forgets what lies before an offset: it is not read again. */
  forget(messages: KafkaMessage[], upTo: string): void {
    for (const { offset } of messages) {
      this.#handled.delete(offset);
      if (offset === upTo) return;
    }
  }

  /** Whether the message is dealt with: handled, or among the dead letters. */
  async #deliver(message: KafkaMessage, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      if (signal.aborted || this.#restUntil > 0) return false;
      const attempt = (this.#failures.get(message.offset) ?? 0) + 1;
      const failure = await this.#attempt(message, attempt);
      if (failure === undefined) return true;
      if (failure.reason === 'OVERLOADED') {
        this.#rest(failure);
        return false;
      }
      this.#failures.set(message.offset, attempt);
      if (attempt >= this.#work.attempts || failure.reason === 'DATA_CORRUPT')
        return this.#bury(message, { failure, attempts: attempt }, signal);
      await pause(attempt, signal);
    }
  }

  async #attempt(message: KafkaMessage, attempt: number): Promise<ParleyError | undefined> {
    try {
      const event = toEvent(this.#place(message), message);
      await this.#work.handle({ ...event, attempt });
      return undefined;
    } catch (thrown) {
      return ParleyError.from(thrown);
    }
  }

  #place({ offset }: KafkaMessage): MessagePlace {
    const { topic, partition } = this.#work;
    return { topic, partition, offset };
  }

  /** Overloaded handlers are left alone for as long as they ask for, or longer every time. */
  #rest({ retryAfter }: ParleyError): void {
    const rest =
      retryAfter === undefined ? FIRST_REST * 2 ** Math.min(this.#rests, 20) : retryAfter * 1_000;
    this.#rests += 1;
    this.#restUntil = performance.now() + Math.min(rest, LONGEST_REST);
  }

  async #bury(
    message: KafkaMessage,
    burial: Omit<Burial, 'group'>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const stopped = Promise.withResolvers<false>();
    const stop = () => stopped.resolve(false);
    signal.addEventListener('abort', stop);
    try {
      for (let attempt = 1; !signal.aborted; attempt += 1) {
        const buried = this.#work.bury(this.#place(message), message, burial).then(
          () => true,
          () => undefined,
        );
        const outcome = await Promise.race([buried, stopped.promise]);
        if (outcome !== undefined) return outcome;
        await pause(attempt, signal);
      }
      return false;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}

async function pause(attempt: number, signal: AbortSignal): Promise<void> {
  const milliseconds = Math.min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE);
  await delay(milliseconds, undefined, { signal }).catch(() => {});
}
