import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { InferenceService } from '@parley/proto/inference';
import { VotingService } from '@parley/proto/voting';
import { afterEach, describe, expect, it } from 'vitest';
import { ParleyError } from '../errors.ts';
import { createGrpcClient, type GrpcClient } from './client.ts';
import { ASK_MS, askForLife } from './connections.ts';
import { createGrpcServer, type GrpcServer, type ServiceImplementation } from './server.ts';

type Voting = ServiceImplementation<typeof VotingService>;
type Inference = ServiceImplementation<typeof InferenceService>;

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(parts: { voting?: Partial<Voting>; inference?: Partial<Inference> }): Promise<{
  server: GrpcServer;
  address: string;
  errors: ParleyError[];
}> {
  const errors: ParleyError[] = [];
  const server = createGrpcServer({
    host: '127.0.0.1',
    port: 0,
    onError: (error) => errors.push(error),
  });
  if (parts.voting) server.add(VotingService, parts.voting as Voting);
  if (parts.inference) server.add(InferenceService, parts.inference as Inference);
  const port = await server.start();
  closers.push(() => server.stop(100));
  return { server, address: `127.0.0.1:${port}`, errors };
}

function votingClient(address: string): GrpcClient<typeof VotingService> {
  const client = createGrpcClient(VotingService, { address, defaultDeadlineMs: 5000 });
  closers.push(() => client.close());
  return client;
}

function inferenceClient(address: string): GrpcClient<typeof InferenceService> {
  const client = createGrpcClient(InferenceService, { address, defaultDeadlineMs: 5000 });
  closers.push(() => client.close());
  return client;
}

describe('gRPC over loopback', () => {
  it('carries a unary call with all its fields', async () => {
    const { address } = await serve({
      voting: {
        tally: async (request) => ({
          vote: { tie: request.seed === 2n ** 52n, consensus: request.ballots.length / 4 },
        }),
      },
    });
    const response = await votingClient(address).tally({
      policy: 'arithmetic',
      seed: 2n ** 52n,
      ballots: [{ agent: 'gen-1', response: '\\boxed{1}' }],
    });
    expect(response.vote).toMatchObject({ tie: true, consensus: 0.25 });
  });

  it('streams results as they are produced', async () => {
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { address } = await serve({
      inference: {
        async *generate() {
          yield { result: { case: 'delta' as const, value: { callId: 'a', text: 'x' } } };
          await gate;
          yield { result: { case: 'completion' as const, value: { callId: 'a', text: 'xy' } } };
        },
      },
    });
    const seen: (string | undefined)[] = [];
    for await (const { result } of inferenceClient(address).generate({ society: 's' })) {
      seen.push(result.case);
      release();
    }
    expect(seen).toEqual(['delta', 'completion']);
  });

  it('keeps reason, field, retryability and retry delay of an error', async () => {
    const { address, errors } = await serve({
      voting: {
        tally: async () => {
          throw new ParleyError('OVERLOADED', 'queue: 10 of 10', {
            field: 'queue',
            retryAfter: 1.5,
          });
        },
      },
    });
    const error = await votingClient(address)
      .tally({})
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      reason: 'OVERLOADED',
      message: 'queue: 10 of 10',
      field: 'queue',
      retryable: true,
      retryAfter: 1.5,
    });
    expect(errors).toEqual([]);
  });

  it('hides what an internal error says and reports it to the log', async () => {
    const { address, errors } = await serve({
      voting: {
        grade: async () => {
          throw new Error('secret path');
        },
      },
    });
    const error = await votingClient(address)
      .grade({})
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'INTERNAL', message: 'internal error' });
    expect(errors.map((one) => one.message)).toEqual(['secret path']);
  });

  it('ends a call at its deadline and aborts the handler', async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<string>();
    const { address } = await serve({
      voting: {
        tally: (_request, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              resolve((signal.reason as ParleyError).reason);
              reject(signal.reason);
            });
          }),
      },
    });
    const error = await votingClient(address)
      .tally({}, { deadlineMs: 60 })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
    expect(await aborted).toBe('DEADLINE_EXCEEDED');
  });

  it('cancels a stream upstream when the caller aborts', async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const { address } = await serve({
      inference: {
        async *generate(_request, { signal }) {
          yield { result: { case: 'delta' as const, value: { callId: 'a', text: 'x' } } };
          await new Promise<void>((wake) => signal.addEventListener('abort', () => wake()));
          resolve();
        },
      },
    });
    const controller = new AbortController();
    const stream = inferenceClient(address).generate({}, { signal: controller.signal });
    const read = async () => {
      for await (const _one of stream) controller.abort(new ParleyError('CANCELLED', 'enough'));
    };
    await expect(read()).rejects.toMatchObject({ reason: 'CANCELLED', message: 'enough' });
    await aborted;
  });

  it('waits for calls that run when it stops, longer than between two signs of life', async () => {
    const finish = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const { server, address } = await serve({
      inference: {
        async *generate() {
          begun.resolve();
          await finish.promise;
          yield { result: { case: 'delta', value: { callId: 'a', text: 'last words' } } };
        },
      },
    });
    const read = Array.fromAsync(inferenceClient(address).generate({}, { deadlineMs: 20_000 }));
    await begun.promise;
    let stopped = false;
    const stopping = server.stop(20_000).then(() => {
      stopped = true;
    });
    await delay(ASK_MS + 500);
    expect(stopped).toBe(false);
    finish.resolve();
    await stopping;
    expect((await read).map(({ result }) => result.value)).toMatchObject([{ text: 'last words' }]);
  }, 20_000);

  it('cuts calls that outlast its patience when it stops', async () => {
    const begun = Promise.withResolvers<void>();
    const { server, address } = await serve({
      voting: {
        tally: (_, { signal }) => {
          begun.resolve();
          return new Promise((__, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
          });
        },
      },
    });
    const answer = votingClient(address).tally({});
    const refused = expect(answer).rejects.toMatchObject({ retryable: true });
    await begun.promise;
    await server.stop(100);
    await refused;
  });

  it('cuts a connection whose client gives no sign of life, sooner than its leases end', async () => {
    const { address } = await serve({ voting: {} });
    const from = performance.now();
    const silent = connect(Number(address.split(':')[1]), '127.0.0.1');
    closers.push(() => void silent.destroy());
    // The preface of HTTP/2 and empty settings; pings are never answered.
    silent.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    silent.write(Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0));
    silent.resume();
    await new Promise((closed) => silent.once('close', closed));
    expect(performance.now() - from).toBeLessThan(10_000);
  }, 20_000);

  it('asks nothing on a connection that is gone and has not said so yet', async () => {
    const server = createHttp2Server();
    const asked = new Promise<void>((resolve, reject) => {
      server.once('session', (session) => {
        session.destroy();
        try {
          resolve(askForLife(session));
        } catch (thrown) {
          reject(thrown);
        }
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    closers.push(() => void server.close());
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    client.on('error', () => {});
    await asked;
  });

  it('answers health checks and reflection', async () => {
    const { address, server } = await serve({ voting: {} });
    expect(await healthOf(address)).toBe(1);
    server.setServing(false);
    expect(await healthOf(address)).toBe(2);
    expect(await reflectedServices(address)).toContain('parley.voting.v1.VotingService');
  });
});

/** The `status` field of grpc.health.v1.HealthCheckResponse, read off the wire: field 1, varint. */
function healthOf(address: string): Promise<number | undefined> {
  const client = new Client(address, credentials.createInsecure());
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      (empty: Buffer) => empty,
      (bytes: Buffer) => bytes[1],
      Buffer.alloc(0),
      (error, value) => {
        client.close();
        if (error) reject(error);
        else resolve(value);
      },
    );
  });
}

/** Asks the reflection service to list services; the answer's bytes hold their names. */
function reflectedServices(address: string): Promise<string> {
  const client = new Client(address, credentials.createInsecure());
  const call = client.makeBidiStreamRequest(
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes.toString('latin1'),
  );
  return new Promise((resolve, reject) => {
    call.on('data', (names: string) => {
      resolve(names);
      call.end();
    });
    call.on('error', reject);
    call.on('end', () => client.close());
    call.write(Buffer.from([0x3a, 0x01, 0x2a]));
  });
}
