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
import { type Connections, lookAfterConnections } from './connections.ts';
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

/** The longest time that a timer of the runtime can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A gRPC server with health, reflection and a maximum connection age (so that clients find new replicas). */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const server = new Server({
    'grpc.enable_channelz': 0,
    // Clients connect anew and find new replicas; calls that run are left to end on the old connection.
    'grpc.max_connection_age_ms': 60_000,
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  });
  const health = new HealthImplementation({ '': 'SERVING' });
  health.addToServer(server);
  const services: DescService[] = [];
  let connections: Connections | undefined;
  return {
    add(service, implementation) {
      services.push(service);
      const handlers: UntypedServiceImplementation = {};
      for (const method of service.methods) {
        const handle = (implementation as Record<string, unknown>)[method.localName];
        handlers[method.localName] =
          method.methodKind === 'unary'
            ? unary(method as DescMethodUnary, handle as UnaryHandler, options)
            : serverStreaming(
                method as DescMethodServerStreaming,
                handle as StreamHandler,
                options,
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
          (error, port) => {
            if (error) return reject(cannotListen(options, error));
            connections = lookAfterConnections(server);
            resolve(port);
          },
        );
      });
    },
    setServing(serving) {
      for (const name of ['', ...services.map((service) => service.typeName)])
        health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
    },
    stop(graceMs) {
      return new Promise((resolve) => {
        const cut = setTimeout(() => connections?.cut(), graceMs);
        server.tryShutdown(() => {
          clearTimeout(cut);
          resolve();
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

type UnaryHandler = (request: Message, context: CallContext) => Promise<Message>;
type StreamHandler = (request: Message, context: CallContext) => AsyncIterable<Message>;

function unary(
  method: DescMethodUnary,
  handle: UnaryHandler,
  options: GrpcServerOptions,
): handleUnaryCall<Message, Message> {
  return (call, callback) => {
    const context = openContext(call);
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
): handleServerStreamingCall<Message, Message> {
  async function pump(call: ServerWritableStream<Message, Message>): Promise<void> {
    const context = openContext(call);
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

function openContext(call: AnyCall): CallContext & { close(): void } {
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
