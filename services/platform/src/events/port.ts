/** An event as it travels: CloudEvents attributes and a protobuf payload. */
export type EventRecord = {
  /** Unique; consumers are idempotent by it or by the id inside the data. */
  id: string;
  /** `parley.<noun>.<verb>` */
  topic: string;
  /** Events of one key are delivered in order. */
  key: string;
  /** Full protobuf name of the payload. */
  type: string;
  /** The publishing service. */
  source: string;
  /** RFC 3339. */
  time: string;
  traceparent?: string;
  /** Protobuf binary. */
  data: Uint8Array;
};

/** What arrives at a handler: the event, how often it was tried, and, on a dead-letter topic, why it is there. */
export type DeliveredEvent = EventRecord & { attempt: number; error?: string };

export type EventHandler = (event: DeliveredEvent) => Promise<void>;

export type Subscription = { close(): Promise<void> };

/**
 * The event log between services: at least once, ordered by key. A handler that throws is tried again
 * (`attempts` times in all); then the event goes to `<topic>.dlq` with the error and the next one follows.
 * One that throws DATA_CORRUPT is not tried again: no repetition makes an event readable. While an event
 * is tried again, those of other keys may wait too. OVERLOADED is no try: the event waits until there is room.
 */
export interface Events {
  publish(events: EventRecord[]): Promise<void>;
  /**
   * As a group: each event goes to one member of the group, from where the group stopped.
   * As everyone (`group` absent): each subscriber gets every event published from now on.
   * A group that is new to a topic starts at the topic's beginning.
   */
  subscribe(options: {
    topic: string;
    group?: string;
    handle: EventHandler;
    attempts?: number;
  }): Promise<Subscription>;
  /** Events that the group has not handled yet; a metric. */
  lag(topic: string, group: string): Promise<number>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** What a service tells when it opens the event log. */
export type EventsOptions = {
  /** Topics that are to be there, and as they should be, for a ping to succeed. */
  publishes?: readonly string[];
  /** Is told what works but should be looked at. */
  onWarning?: (message: string) => void;
};
