import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { ParleyError } from '../errors.ts';
import type { KafkaAddress } from './kafka-url.ts';

const KEEP_ALIVE = 60_000;
const REQUEST_TIMEOUT = 10_000;
const CONNECTION_TIMEOUT = 3_000;

/** A kafkajs client that can be left behind: after `abandon` its connections are gone and it makes no more. */
export type KafkaClient = { kafka: Kafka; abandon(): void };

/** How to make clients for one address; each has connections of its own. */
export type KafkaClients = {
  /** Tries again for ever: its user has deadlines and abandons it. */
  lasting(): KafkaClient;
  /** Gives up after some seconds. */
  passing(): KafkaClient;
};

/**
 * Reads what the address refers to. Nothing is connected yet, and kafkajs tells nothing on the console.
 * @throws ParleyError INVALID_ARGUMENT when the certificates cannot be read.
 */
export function kafkaClients({ brokers, tls, sasl }: KafkaAddress): KafkaClients {
  calmRequestQueue();
  const ca = tls?.ca === undefined ? undefined : certificates(tls.ca);
  const config = {
    clientId: 'parley',
    logLevel: logLevel.NOTHING,
    connectionTimeout: CONNECTION_TIMEOUT,
    requestTimeout: REQUEST_TIMEOUT,
    ...(tls === undefined ? {} : { ssl: ca === undefined ? {} : { ca: [ca] } }),
    ...(sasl === undefined ? {} : { sasl: sasl as NonNullable<KafkaConfig['sasl']> }),
  };
  function make(retries: number): KafkaClient {
    const sockets = new Set<Socket>();
    let abandoned = false;
    const kafka = new Kafka({
      ...config,
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries },
      // No brokers at all is the one answer after which kafkajs stops trying to connect.
      brokers: async () => (abandoned ? [] : brokers),
      socketFactory: ({ host, port, ssl, onConnect }) => {
        const name = isIP(host) === 0 ? { servername: host } : {};
        const socket = ssl
          ? connectTls({ host, port, ...name, ...ssl }, onConnect)
          : connect({ host, port }, onConnect);
        socket.setKeepAlive(true, KEEP_ALIVE);
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        if (abandoned) socket.destroy(new Error('the client was abandoned'));
        return socket;
      },
    });
    return {
      kafka,
      abandon() {
        abandoned = true;
        for (const socket of sockets) socket.destroy(new Error('the client was abandoned'));
      },
    };
  }
  return { lasting: () => make(Number.MAX_SAFE_INTEGER), passing: () => make(6) };
}

function certificates(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ParleyError(
      'INVALID_ARGUMENT',
      `events: the certificates ca=${path} cannot be read`,
      { cause },
    );
  }
}

type RequestQueue = { pending: unknown[]; scheduleCheckPendingRequests(): void };

/**
 * kafkajs 2.2.4 looks through each connection's waiting requests every millisecond for ever, also when
 * none waits, and warns of a negative time-out. Here it looks when some wait.
 */
function calmRequestQueue(): void {
  const { prototype } = createRequire(import.meta.url)(
    'kafkajs/src/network/requestQueue/index.js',
  ) as { prototype: RequestQueue & { calm?: true } };
  if (prototype.calm) return;
  prototype.calm = true;
  const check = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) check.call(this);
  };
}
