import { randomUUID } from 'node:crypto';
import { ParleyError } from '../errors.ts';
import { kafkaClients } from './kafka-client.ts';
import { KafkaConsumer } from './kafka-consumer.ts';
import { answered, within } from './kafka-deadline.ts';
import { consumerGroup, groupLag } from './kafka-groups.ts';
import { toLetter, toMessage } from './kafka-message.ts';
import { kafkaProducer } from './kafka-producer.ts';
import { kafkaTopics } from './kafka-topics.ts';
import { parseKafkaUrl } from './kafka-url.ts';
import type { Events, EventsOptions, Subscription } from './port.ts';
import { deadLetterTopic } from './topics.ts';

const ATTEMPTS = 5;
const CALL_DEADLINE = 10_000;
const PING_DEADLINE = 3_000;
/** How long a reader may take to leave; the two other steps of closing have the rest of five seconds. */
const LEAVE_DEADLINE = 3_000;
const STEP_DEADLINE = 1_000;

/**
 * The event log in Kafka. Nothing is connected until it is used. A broker that is away is waited for:
 * publishing for 30 s, subscriptions for ever. Closing takes at most 5 s longer than the handlers.
 * @param url see `parseKafkaUrl`.
 * @throws ParleyError INVALID_ARGUMENT for a wrong URL.
 */
export function openKafkaEvents(
  url: string,
  { publishes = [], onWarning: warn = () => {} }: EventsOptions = {},
): Events {
  const clients = kafkaClients(parseKafkaUrl(url));
  const asking = clients.passing();
  const admin = asking.kafka.admin();
  const topics = kafkaTopics(admin, warn);
  const producer = kafkaProducer(clients);
  const subscriptions = new Set<Subscription>();
  let closing: Promise<void> | undefined;

  function ensureOpen(): void {
    if (closing !== undefined) throw new ParleyError('UNAVAILABLE', 'the event log is closed');
  }

  async function highWatermarks(topic: string): Promise<Map<number, string>> {
    const offsets = await answered(CALL_DEADLINE, `offsets of ${topic}`, () =>
      admin.fetchTopicOffsets(topic),
    );
    return new Map(offsets.map(({ partition, high }) => [partition, high]));
  }

  async function end(): Promise<void> {
    await Promise.all(Array.from(subscriptions, (subscription) => subscription.close()));
    const disconnected = within(STEP_DEADLINE, 'disconnecting', admin.disconnect());
    await Promise.all([producer.close(STEP_DEADLINE), disconnected.catch(() => {})]);
    asking.abandon();
  }

  return {
    async publish(events) {
      ensureOpen();
      await Promise.all(Array.from(new Set(events.map(({ topic }) => topic)), topics.ensure));
      await producer.send(
        events.map((event) => ({ topic: event.topic, message: toMessage(event) })),
      );
    },

    async subscribe({ topic, group, handle, attempts = ATTEMPTS }) {
      ensureOpen();
      const partitions = await topics.ensure(topic);
      const groupId = consumerGroup(topic, group ?? `everyone.${randomUUID()}`);
      const consumer = new KafkaConsumer(clients, {
        topic,
        groupId,
        partitions,
        ...(group === undefined ? { from: await highWatermarks(topic) } : {}),
        warn,
        work: {
          attempts,
          handle,
          async bury(place, message, burial) {
            const letters = deadLetterTopic(topic);
            await topics.ensure(letters);
            const letter = toLetter(place, message, { ...burial, group });
            await producer.send([{ topic: letters, message: letter }]).catch((thrown: unknown) => {
              warn(`${letters} cannot be written; ${topic}/${place.partition} waits: ${thrown}`);
              throw thrown;
            });
            const { partition, offset } = place;
            warn(`${letters}: event ${offset} of ${topic}/${partition}: ${burial.failure.message}`);
          },
        },
      });
      const subscription: Subscription = {
        async close() {
          subscriptions.delete(subscription);
          const left = await consumer.close(LEAVE_DEADLINE);
          if (!left || group !== undefined) return;
          const forgotten = within(STEP_DEADLINE, groupId, admin.deleteGroups([groupId]));
          await forgotten.catch(() => {});
        },
      };
      ensureOpen();
      subscriptions.add(subscription);
      await consumer.start();
      return subscription;
    },

    async lag(topic, group) {
      ensureOpen();
      await topics.ensure(topic);
      return answered(CALL_DEADLINE, `lag of ${group}`, () =>
        groupLag(admin, topic, consumerGroup(topic, group)),
      );
    },

    async ping() {
      ensureOpen();
      const asked = [admin.describeCluster(), ...publishes.map(topics.ensure)];
      await within(PING_DEADLINE, 'ping', Promise.all(asked));
    },

    close() {
      closing ??= end();
      return closing;
    },
  };
}
