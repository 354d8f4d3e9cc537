import { describe, expect, it } from 'vitest';
import { parseKafkaUrl } from './kafka-url.ts';

describe('parseKafkaUrl', () => {
  it.each([
    ['kafka://localhost:9092', { brokers: ['localhost:9092'] }],
    ['kafka://k1:9092,k2.example.org:9093/', { brokers: ['k1:9092', 'k2.example.org:9093'] }],
    ['kafkas://k1:9093', { brokers: ['k1:9093'], tls: {} }],
    [
      'kafkas://ann:p%40ss%2F%3A@k1:9093,k2:9093?sasl=scram-sha-512&ca=/etc/ca.pem',
      {
        brokers: ['k1:9093', 'k2:9093'],
        tls: { ca: '/etc/ca.pem' },
        sasl: { mechanism: 'scram-sha-512', username: 'ann', password: 'p@ss/:' },
      },
    ],
    [
      'kafka://ann:a:b@k1:9092?sasl=plain',
      { brokers: ['k1:9092'], sasl: { mechanism: 'plain', username: 'ann', password: 'a:b' } },
    ],
  ])('reads %s', (url, address) => {
    expect(parseKafkaUrl(url)).toEqual(address);
  });

  it.each([
    ['kafka:', 'must read kafka://host:port'],
    ['kafka://', "the broker '' must be host:port"],
    ['kafka://k1', "the broker 'k1' must be host:port"],
    ['kafka://k1:9092,', "the broker '' must be host:port"],
    ['kafka://k1:0', "the broker 'k1:0' must be host:port"],
    ['kafka://[::1]:9092', "the broker '[::1]:9092' must be host:port"],
    ['kafka://k1:9092/topic', 'must read kafka://host:port'],
    ['kafka://k1:9092?acks=1', "the parameter 'acks' is not known"],
    ['kafka://k1:9092?ca=/etc/ca.pem', 'write kafkas:// instead of kafka://'],
    ['kafka://k1:9092?sasl=plain', 'sasl needs a user and a password'],
  ])('refuses %s', (url, message) => {
    expect(() => parseKafkaUrl(url)).toThrow(
      expect.objectContaining({
        reason: 'INVALID_ARGUMENT',
        message: expect.stringContaining(message),
      }),
    );
  });

  it.each([
    'kafkas://ann:secret@k1:9093',
    'kafkas://ann:secret@k1:9093?sasl=gssapi',
    'kafkas://ann:secret@k1?sasl=plain',
    'kafkas://ann:secret%@k1:9093?sasl=plain',
    'kafkas://ann:sec/ret@k1:9093?sasl=plain',
    'kafkas://ann:12?secret@k1:9093?sasl=plain',
    'kafkas://ann:12#secret@k1:9093?sasl=plain',
    'kafkas://:secret@k1:9093?sasl=plain',
    'kafkas://ann:secret@ann:secret@k1:9093?sasl=plain#secret',
  ])('does not tell the password when it refuses %s', (url) => {
    const told = expect.not.stringMatching(/sec/);
    expect(() => parseKafkaUrl(url)).toThrow(expect.objectContaining({ message: told }));
  });
});
