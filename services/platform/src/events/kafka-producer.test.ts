import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { kafkaClients } from './kafka-client.ts';
import { kafkaProducer } from './kafka-producer.ts';

/** Takes connections and never answers. */
let silent: Server;
let broker = '';
beforeEach(async () => {
  silent = createServer((socket) => socket.on('error', () => {}).resume());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  broker = `127.0.0.1:${(silent.address() as { port: number }).port}`;
});
afterEach(() => new Promise((resolve) => silent.close(resolve)));

it('gives up at the deadline of each call, and leaves no connection', async () => {
  const producer = kafkaProducer(kafkaClients({ brokers: [broker] }), 200);
  const message = { topic: 't', message: { value: 'x' } };
  const began = performance.now();
  const sent = await Promise.allSettled([producer.send([message]), producer.send([message])]);
  expect(performance.now() - began).toBeLessThan(1_000);
  for (const outcome of sent)
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: { reason: 'UNAVAILABLE', message: expect.stringMatching(/^publishing: /) },
    });
  await producer.close(1_000);
});
