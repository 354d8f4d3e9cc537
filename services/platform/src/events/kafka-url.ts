import { invalid, type ParleyError } from '../errors.ts';

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

type Mechanism = (typeof MECHANISMS)[number];

/** Where a Kafka is and how one is let in. */
export type KafkaAddress = {
  /** `host:port` of the brokers to ask first; at least one. */
  brokers: string[];
  /** TLS, with the path of the authorities' certificates if they are not the system's. */
  tls?: { ca?: string };
  sasl?: { mechanism: Mechanism; username: string; password: string };
};

const FORM =
  'kafka://host:port,host:port or kafkas://user:password@host:port?sasl=scram-sha-512&ca=/path';

/**
 * Reads `kafka://` (plain) and `kafkas://` (TLS) URLs. User and password are percent-encoded.
 * @throws ParleyError INVALID_ARGUMENT, which never repeats the user or the password.
 */
export function parseKafkaUrl(url: string): KafkaAddress {
  if (/[/?#].*@/.test(url.replace(/^kafkas?:\/\//, '')))
    throw wrong('user and password must be percent-encoded: / is written %2F, ? %3F and # %23');
  const parts = /^kafka(s?):\/\/(?:([^/?#]*)@)?([^@/?#]*)\/?(?:\?([^#]*))?$/.exec(url);
  if (parts === null) throw wrong(`must read ${FORM}`);
  const [, secure, credentials, hosts = '', query = ''] = parts;
  const brokers = hosts.split(',');
  const bad = brokers.find((broker) => !isBroker(broker));
  if (bad !== undefined) throw wrong(`the broker '${bad}' must be host:port, as in ${FORM}`);
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys())
    if (name !== 'sasl' && name !== 'ca')
      throw wrong(`the parameter '${name}' is not known; use sasl and ca, as in ${FORM}`);
  const ca = parameters.get('ca');
  if (ca !== null && secure === '')
    throw wrong('ca is for TLS: write kafkas:// instead of kafka://');
  const sasl = saslOf(credentials, parameters.get('sasl'));
  return {
    brokers,
    ...(secure === '' ? {} : { tls: ca === null ? {} : { ca } }),
    ...(sasl === undefined ? {} : { sasl }),
  };
}

function isBroker(text: string): boolean {
  const port = /^[a-z0-9._-]+:(\d{1,5})$/i.exec(text)?.[1];
  return port !== undefined && Number(port) > 0 && Number(port) < 65_536;
}

function saslOf(credentials: string | undefined, sasl: string | null): KafkaAddress['sasl'] {
  if (credentials === undefined && sasl === null) return undefined;
  const mechanism = MECHANISMS.find((known) => known === sasl);
  if (mechanism === undefined)
    throw wrong(`with a user, sasl must be one of ${MECHANISMS.join(', ')}, as in ${FORM}`);
  const colon = credentials?.indexOf(':') ?? -1;
  if (credentials === undefined || colon < 1 || colon === credentials.length - 1)
    throw wrong(`sasl needs a user and a password, as in ${FORM}`);
  return {
    mechanism,
    username: decoded(credentials.slice(0, colon)),
    password: decoded(credentials.slice(colon + 1)),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong('user and password must be percent-encoded: % is written %25');
  }
}

function wrong(message: string): ParleyError {
  return invalid('events', message);
}
