import type { KafkaMessage } from 'kafkajs';
import { ParleyError } from '../errors.ts';
import type { Span } from './kafka-member.ts';
import { header, shown } from './kafka-message.ts';
import { readOffsets, writeOffsets } from './offset-ranges.ts';

const LONGEST_NOTE = 4_096;

/** A dead letter, as an operator sees it. */
export type DeadLetter = {
  id: string;
  key: string;
  type: string;
  /** When the event was made; RFC 3339. */
  time: string;
  reason: string;
  error: string;
  attempts: number;
  /** The consumer group that could not handle it; absent if each replica reads for itself. */
  group?: string;
  partition: number;
  offset: string;
};

/** Describes a message of a dead-letter topic; what it does not tell is empty. */
export function describeLetter(
  topic: string,
  partition: number,
  { key, headers = {}, offset }: KafkaMessage,
): DeadLetter {
  const text = (name: string) => header(headers, name) ?? '';
  const group = header(headers, 'parley_group');
  return {
    id: header(headers, 'ce_id') ?? shown({ topic, partition, offset }),
    key: key?.toString() ?? '',
    type: text('ce_type'),
    time: text('ce_time'),
    reason: text('parley_reason'),
    error: text('parley_error'),
    attempts: Number(text('parley_attempts')),
    ...(group === undefined ? {} : { group }),
    partition,
    offset,
  };
}

/**
 * Which letters of a partition were replayed: all before a position, and single ones behind it. It is
 * stored as the position of a consumer group, with the single ones as its note.
 */
export class ReplayProgress {
  readonly #replayed: Set<bigint>;
  #next: bigint;
  #firstLeft: bigint | undefined;

  constructor(span: Span, note: string) {
    this.#next = span.from;
    this.#replayed = new Set([...readOffsets(note)].filter((offset) => offset >= span.from));
  }

  isReplayed(offset: string): boolean {
    return this.#replayed.has(BigInt(offset));
  }

  /** Notes, letter by letter in their order, whether one is replayed or left. */
  pass(offset: string, replayed: boolean): void {
    const passed = BigInt(offset);
    if (replayed) this.#replayed.add(passed);
    else this.#firstLeft ??= passed;
    this.#next = this.#firstLeft ?? passed + 1n;
  }

  /**
   * What to store.
   * @throws ParleyError FAILED_PRECONDITION when too many single letters were replayed to note them.
   */
  stored(): { offset: string; metadata: string } {
    const behind = new Set([...this.#replayed].filter((offset) => offset >= this.#next));
    const metadata = writeOffsets(behind);
    if (metadata.length > LONGEST_NOTE)
      throw new ParleyError(
        'FAILED_PRECONDITION',
        'too many letters were replayed one by one to remember which; replay the others with --all',
      );
    return { offset: String(this.#next), metadata };
  }
}
