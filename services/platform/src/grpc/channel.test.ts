import { Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Channel, createChannel } from './channel.ts';

const bytes = (text: string) => Buffer.from(text);
const METHOD = {
  path: '/test/echo',
  requestStream: false,
  responseStream: false,
  requestSerialize: bytes,
  requestDeserialize: String,
  responseSerialize: bytes,
  responseDeserialize: String,
} as const;

describe('a channel', () => {
  let server: Server;
  let channel: Channel;
  const answers: (() => void)[] = [];
  beforeEach(async () => {
    server = new Server();
    server.addService(
      { echo: METHOD },
      {
        echo: (call: { request: string }, callback: (_: null, text: string) => void) => {
          if (call.request === 'wait') answers.push(() => callback(null, 'waited'));
          else callback(null, call.request);
        },
      },
    );
    const port = await new Promise<number>((bound, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : bound(port),
      ),
    );
    channel = createChannel(`127.0.0.1:${port}`);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    channel.close();
    server.forceShutdown();
  });

  function ask(text: string): { client: object; answer: Promise<string | undefined> } {
    const { client, done } = channel.take();
    const { path, requestSerialize, responseDeserialize } = METHOD;
    const answer = new Promise<string | undefined>((resolve, reject) => {
      const end = (error: Error | null, response?: string) => {
        done();
        if (error) reject(error);
        else resolve(response);
      };
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        text,
        new Metadata(),
        end,
      );
    });
    return { client, answer };
  }

  it('is made anew after a minute; calls that run on the old one end on it', async () => {
    const old = ask('wait');
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    expect(channel.take().client).toBe(old.client);
    const now = performance.now();
    vi.spyOn(performance, 'now').mockReturnValue(now + 61_000);
    const anew = ask('hello');
    expect(anew.client).not.toBe(old.client);
    expect(await anew.answer).toBe('hello');
    answers.pop()?.();
    expect(await old.answer).toBe('waited');
  });
});
