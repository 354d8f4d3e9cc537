import type {
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  Message,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import {
  Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  type CallOptions as WireOptions,
} from '@grpc/grpc-js';
import { ParleyError } from '../errors.ts';
import { type TraceId, traceparentOf } from '../trace.ts';
import { methodDefinition } from './methods.ts';
import { fromServiceError } from './status.ts';

/** How one call is made. Without a deadline the client's default holds. */
export type CallOptions = {
  deadlineMs?: number;
  signal?: AbortSignal | undefined;
  trace?: TraceId | undefined;
};

/** A typed client: unary methods return a promise, streaming ones an async iterable. All throw ParleyError. */
export type GrpcClient<S extends DescService> = {
  [K in keyof S['method']]: S['method'][K] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
    : S['method'][K] extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageInitShape<I>, options?: CallOptions) => AsyncIterable<MessageShape<O>>
      : never;
} & { close(): void };

export type GrpcClientOptions = { address: string; defaultDeadlineMs: number };

/** Connects to a service, at a `GrpcAddress`. Calls wait for the connection until their deadline. */
export function createGrpcClient<S extends DescService>(
  service: S,
  options: GrpcClientOptions,
): GrpcClient<S> {
  const client = new Client(targetOf(options.address), credentials.createInsecure(), {
    // Callers repeat what is idempotent; the channel's own retries would cost every call a buffer.
    'grpc.enable_retries': 0,
    'grpc.enable_channelz': 0,
    'grpc.service_config': ROUND_ROBIN,
    'grpc.dns_min_time_between_resolutions_ms': 5000,
    'grpc.max_receive_message_length': 32 * 1024 * 1024,
    'grpc.max_send_message_length': 32 * 1024 * 1024,
  });
  const result: Record<string, unknown> = { close: () => client.close() };
  for (const method of service.methods) {
    const definition = methodDefinition(method);
    const call = { client, definition, options, target: `${service.typeName}/${method.name}` };
    result[method.localName] =
      method.methodKind === 'unary'
        ? (request: object, made?: CallOptions) =>
            callUnary(call, method as DescMethodUnary, request, made ?? {})
        : (request: object, made?: CallOptions) =>
            callStreaming(call, method as DescMethodServerStreaming, request, made ?? {});
  }
  return result as GrpcClient<S>;
}

/** A name is resolved by DNS, again and again; a list of addresses is fixed. */
function targetOf(address: string): string {
  return address.includes(',') ? `ipv4:${address}` : address;
}

const ROUND_ROBIN = JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] });

type Call = {
  client: Client;
  definition: MethodDefinition<Message, Message>;
  options: GrpcClientOptions;
  target: string;
};

function callUnary(
  call: Call,
  method: DescMethodUnary,
  request: object,
  made: CallOptions,
): Promise<Message> {
  const { path, requestSerialize, responseDeserialize } = call.definition;
  return new Promise((resolve, reject) => {
    if (made.signal?.aborted) return reject(ParleyError.from(made.signal.reason));
    const wire = call.client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      create(method.input, request as MessageInitShape<typeof method.input>),
      metadataOf(made),
      wireOptions(call, made),
      (error, response) => {
        made.signal?.removeEventListener('abort', cancel);
        if (error) reject(failure(error, call, made));
        else resolve(response as Message);
      },
    );
    function cancel(): void {
      wire.cancel();
    }
    made.signal?.addEventListener('abort', cancel);
  });
}

async function* callStreaming(
  call: Call,
  method: DescMethodServerStreaming,
  request: object,
  made: CallOptions,
): AsyncIterable<Message> {
  if (made.signal?.aborted) throw ParleyError.from(made.signal.reason);
  const { path, requestSerialize, responseDeserialize } = call.definition;
  const stream: ClientReadableStream<Message> = call.client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    create(method.input, request as MessageInitShape<typeof method.input>),
    metadataOf(made),
    wireOptions(call, made),
  );
  const cancel = () => stream.cancel();
  made.signal?.addEventListener('abort', cancel);
  let ended = false;
  try {
    for await (const message of stream) yield message as Message;
    ended = true;
  } catch (thrown) {
    ended = true;
    throw failure(thrown as ServiceError, call, made);
  } finally {
    made.signal?.removeEventListener('abort', cancel);
    if (!ended) cancel();
  }
}

function failure(error: ServiceError, call: Call, made: CallOptions): ParleyError {
  if (made.signal?.aborted) return ParleyError.from(made.signal.reason);
  return fromServiceError(error, call.target);
}

function wireOptions(call: Call, made: CallOptions): WireOptions {
  return { deadline: Date.now() + (made.deadlineMs ?? call.options.defaultDeadlineMs) };
}

function metadataOf(made: CallOptions): Metadata {
  const metadata = new Metadata({ waitForReady: true });
  if (made.trace !== undefined) metadata.set('traceparent', traceparentOf(made.trace));
  return metadata;
}
