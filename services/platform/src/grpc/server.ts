import { constants, type ServerHttp2Session } from 'node:http2';
import { Server as NetServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  Message,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { ParleyError } from '../errors.ts';
import { type TraceId, traceIdOf } from '../trace.ts';
import { fileDescriptors, serviceDefinition } from './methods.ts';
import { toStatus } from './status.ts';

/** What a handler knows of its call besides the request. The signal aborts on cancellation and at the deadline. */
export type CallContext = { signal: AbortSignal; trace?: TraceId };

/** The implementation of a service: for every unary method a function, for every streaming one a generator. */
export type ServiceImplementation<S extends DescService> = {
  [K in keyof S['method']]: S['method'][K] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageShape<I>, context: CallContext) => Promise<MessageInitShape<O>>
    : S['method'][K] extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageShape<I>, context: CallContext) => AsyncIterable<MessageInitShape<O>>
      : never;
};

export type GrpcServer = {
  add<S extends DescService>(service: S, implementation: ServiceImplementation<S>): void;
  /** Binds and serves; returns the port. */
  start(): Promise<number>;
  /** Answers NOT_SERVING to health checks while false. */
  setServing(serving: boolean): void;
  /** Refuses new calls, waits up to `graceMs` for running ones, then cuts them. */
  stop(graceMs: number): Promise<void>;
};

export type GrpcServerOptions = {
  host: string;
  port: number;
  /** Called with every error that is not the caller's fault. */
  onError: (error: ParleyError, call: { method: string; trace?: TraceId }) => void;
};

const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/**
 * A connection whose client is asked for a sign of life and gives none is cut, within 9 s in all: before anybody else
 * may take over what the client holds by a lease of 15 s, which it extends every 5. What a process that was stopped
 * was about to send reaches nobody when it goes on.
 */
const KEEPALIVE_MS = 4_000;
const SILENT_MS = 5_000;

/** How long clients get to read the end of their last calls. */
const LINGER_MS = 250;

/** The longest time that a timer of the runtime can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A gRPC server with health and reflection. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const server = new Server({
    'grpc.enable_channelz': 0,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': SILENT_MS,
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  });
  const health = new HealthImplementation({ '': 'SERVING' });
  health.addToServer(server);
  const services: DescService[] = [];
  const calls = createCallCount();
  return {
    add(service, implementation) {
      services.push(service);
      const handlers: UntypedServiceImplementation = {};
      for (const method of service.methods) {
        const handle = (implementation as Record<string, unknown>)[method.localName];
        handlers[method.localName] =
          method.methodKind === 'unary'
            ? unary(method as DescMethodUnary, handle as UnaryHandler, options, calls)
            : serverStreaming(
                method as DescMethodServerStreaming,
                handle as StreamHandler,
                options,
                calls,
              );
      }
      server.addService(serviceDefinition(service), handlers);
      health.setStatus(service.typeName, 'SERVING');
    },
    start() {
      addReflection(server, services);
      return new Promise((resolve, reject) => {
        server.bindAsync(
          `${options.host}:${options.port}`,
          ServerCredentials.createInsecure(),
          (error, port) => (error ? reject(cannotListen(options, error)) : resolve(port)),
        );
      });
    },
    setServing(serving) {
      for (const name of ['', ...services.map((service) => service.typeName)])
        health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
    },
    stop(graceMs) {
      return new Promise((resolve) => {
        const cut = setTimeout(() => {
          server.forceShutdown();
          resolve();
        }, graceMs);
        sendAway(server);
        void calls.none().then(async () => {
          await delay(LINGER_MS);
          server.tryShutdown(() => {
            clearTimeout(cut);
            resolve();
          });
        });
      });
    },
  };
}

function cannotListen({ host, port }: GrpcServerOptions, cause: Error): ParleyError {
  const inUse = cause.message.includes('EADDRINUSE');
  const why = inUse ? 'is in use; choose another, or 0 for a free one' : cause.message;
  return new ParleyError('INVALID_ARGUMENT', `PARLEY_GRPC_PORT: ${host}:${port} ${why}`, { cause });
}

/** The parts of the library's server that it keeps to itself. */
type Insides = {
  http2Servers: ReadonlyMap<NetServer, { sessions: ReadonlySet<ServerHttp2Session> }>;
};

/** The last stream of a connection that is to end when all of its streams have, RFC 9113, 6.8. */
const LAST_STREAM = 2 ** 31 - 1;

/**
 * Takes no more connections, and asks clients to end theirs once their calls have ended. The library's own shutdown
 * closes a connection together with its last call, and its client then takes for broken what it has not read yet.
 */
function sendAway(server: Server): void {
  const { http2Servers } = server as unknown as Insides;
  for (const [listening, { sessions }] of http2Servers) {
    // Not its own close, which closes the connections, too.
    NetServer.prototype.close.call(listening);
    for (const session of sessions)
      if (!session.destroyed) session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM);
  }
}

type CallCount = { begin(): void; end(): void; none(): Promise<void> };

/** Counts the calls that run. */
function createCallCount(): CallCount {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    begin() {
      running += 1;
    },
    end() {
      running -= 1;
      if (running === 0) for (const resolve of waiting.splice(0)) resolve();
    },
    none: () =>
      running === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
  };
}

type UnaryHandler = (request: Message, context: CallContext) => Promise<Message>;
type StreamHandler = (request: Message, context: CallContext) => AsyncIterable<Message>;

function unary(
  method: DescMethodUnary,
  handle: UnaryHandler,
  options: GrpcServerOptions,
  calls: CallCount,
): handleUnaryCall<Message, Message> {
  return (call, callback) => {
    const context = openContext(call, calls);
    handle(call.request, context).then(
      (response) => {
        context.close();
        callback(null, create(method.output, response));
      },
      (thrown: unknown) => {
        context.close();
        callback(toStatus(reported(thrown, method, context, options)));
      },
    );
  };
}

function serverStreaming(
  method: DescMethodServerStreaming,
  handle: StreamHandler,
  options: GrpcServerOptions,
  calls: CallCount,
): handleServerStreamingCall<Message, Message> {
  async function pump(call: ServerWritableStream<Message, Message>): Promise<void> {
    const context = openContext(call, calls);
    try {
      for await (const response of handle(call.request, context)) {
        if (context.signal.aborted) break;
        if (!call.write(create(method.output, response))) await drained(call, context.signal);
      }
      call.end();
    } catch (thrown) {
      call.emit('error', toStatus(reported(thrown, method, context, options)));
    } finally {
      context.close();
    }
  }
  return (call) => void pump(call);
}

function drained(call: ServerWritableStream<Message, Message>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    function done(): void {
      call.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    }
    call.once('drain', done);
    signal.addEventListener('abort', done);
  });
}

type AnyCall = ServerUnaryCall<Message, Message> | ServerWritableStream<Message, Message>;

function openContext(call: AnyCall, calls: CallCount): CallContext & { close(): void } {
  calls.begin();
  const controller = new AbortController();
  const deadline = Number(call.getDeadline());
  const abort = (reason: 'DEADLINE_EXCEEDED' | 'CANCELLED', message: string) =>
    controller.abort(new ParleyError(reason, message));
  const expired = () => abort('DEADLINE_EXCEEDED', 'the deadline of the call has passed');
  function cancelled(): void {
    if (deadline <= Date.now()) expired();
    else abort('CANCELLED', 'the caller cancelled');
  }
  call.on('cancelled', cancelled);
  const left = deadline - Date.now();
  const timer = Number.isFinite(left)
    ? setTimeout(expired, Math.min(left, LONGEST_TIMER_MS))
    : undefined;
  const trace = traceIdOf(call.metadata.get('traceparent')[0]);
  return {
    signal: controller.signal,
    ...(trace === undefined ? {} : { trace }),
    close() {
      clearTimeout(timer);
      call.off('cancelled', cancelled);
      calls.end();
    },
  };
}

function reported(
  thrown: unknown,
  { name: method }: DescMethod,
  { trace }: CallContext,
  options: GrpcServerOptions,
): ParleyError {
  const error = ParleyError.from(thrown);
  if (error.reason === 'INTERNAL' || error.reason === 'DATA_CORRUPT')
    options.onError(error, { method, ...(trace === undefined ? {} : { trace }) });
  return error;
}

function addReflection(server: Server, services: DescService[]): void {
  const files = Object.fromEntries(
    services.map(({ typeName, file }) => [
      typeName,
      { fileDescriptorProtos: fileDescriptors(file) },
    ]),
  );
  // The library reads nothing of a package definition but its descriptors.
  const definition = files as unknown as ConstructorParameters<typeof ReflectionService>[0];
  new ReflectionService(definition).addToServer(server);
}
