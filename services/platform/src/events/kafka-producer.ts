import { type Message, Partitioners, type Producer } from 'kafkajs';
import type { KafkaClients } from './kafka-client.ts';
import { within } from './kafka-deadline.ts';

const DEADLINE = 30_000;
/** A broker refuses record batches larger than 1 MiB, and what a request brings one partition is one batch. */
const LARGEST_REQUEST = 512 * 1024;
/** What a message takes besides key and value. */
const MESSAGE_OVERHEAD = 512;

/** A message and the topic that it goes to. */
export type Addressed = { topic: string; message: Message };

/** Sends messages in the order of the calls; what is asked for while a request is under way goes with the next. */
export type KafkaProducer = {
  /**
   * Resolves when all replicas that are in sync have the messages.
   * @throws ParleyError UNAVAILABLE after the deadline or when a broker refuses: some may have been stored.
   */
  send(messages: Addressed[]): Promise<void>;
  /** Lets the calls end that run, for `milliseconds` at most, and disconnects. */
  close(milliseconds: number): Promise<void>;
};

type Call = { messages: Addressed[]; deadline: number; sent: PromiseWithResolvers<void> };

type Connected = { producer: Producer; ready: Promise<void>; abandon(): void };

/**
 * An idempotent producer. After a call whose outcome is unknown it is replaced by a new one: the old one
 * would go on trying, and its sequence numbers might pass for those of other messages.
 * @param deadlineMs of one call; 30 s by default.
 */
export function kafkaProducer(clients: KafkaClients, deadlineMs = DEADLINE): KafkaProducer {
  let connected: Connected | undefined;
  let waiting: Call[] = [];
  let sending: Promise<void> | undefined;

  function connect(): Connected {
    const client = clients.lasting();
    const producer = client.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    return { producer, ready: producer.connect(), abandon: client.abandon };
  }

  async function sendAll(messages: Addressed[], deadline: number): Promise<void> {
    for (const request of requests(messages)) {
      connected ??= connect();
      const { producer, ready, abandon } = connected;
      const sent = ready.then(() =>
        producer.sendBatch({ acks: -1, topicMessages: byTopic(request) }),
      );
      try {
        await within(Math.max(0, deadline - performance.now()), 'publishing', sent);
      } catch (thrown) {
        connected = undefined;
        abandon();
        throw thrown;
      }
    }
  }

  async function sendWaiting(): Promise<void> {
    await Promise.resolve();
    while (waiting.length > 0) {
      const calls = waiting;
      waiting = [];
      const deadline = Math.min(...calls.map((call) => call.deadline));
      try {
        await sendAll(
          calls.flatMap(({ messages }) => messages),
          deadline,
        );
        for (const { sent } of calls) sent.resolve();
      } catch (thrown) {
        for (const { sent } of calls) sent.reject(thrown);
      }
    }
    sending = undefined;
  }

  return {
    send(messages) {
      const call = {
        messages,
        deadline: performance.now() + deadlineMs,
        sent: Promise.withResolvers<void>(),
      };
      waiting.push(call);
      sending ??= sendWaiting();
      return call.sent.promise;
    },

    async close(milliseconds) {
      const end = async () => {
        await sending;
        await connected?.producer.disconnect();
      };
      await within(milliseconds, 'closing the producer', end()).catch(() => {});
      connected?.abandon();
    },
  };
}

/** The messages in order, in portions that a broker takes. */
function requests(messages: Addressed[]): Addressed[][] {
  const portions: Addressed[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const addressed of messages) {
    const { key, value } = addressed.message;
    const bytes = lengthOf(key) + lengthOf(value) + MESSAGE_OVERHEAD;
    if (size + bytes > LARGEST_REQUEST) {
      portions.push([]);
      size = 0;
    }
    portions.at(-1)?.push(addressed);
    size += bytes;
  }
  return portions;
}

function lengthOf(part: Message['key'] | Message['value']): number {
  return part === null || part === undefined ? 0 : Buffer.byteLength(part);
}

function byTopic(messages: Addressed[]): { topic: string; messages: Message[] }[] {
  const topics = Map.groupBy(messages, ({ topic }) => topic);
  return Array.from(topics, ([topic, group]) => ({
    topic,
    messages: group.map(({ message }) => message),
  }));
}
