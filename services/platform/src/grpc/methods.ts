import type { DescFile } from '@bufbuild/protobuf';
import {
  type DescMethod,
  type DescService,
  fromBinary,
  type Message,
  toBinary,
} from '@bufbuild/protobuf';
import { configureTextEncoding } from '@bufbuild/protobuf/wire';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';

// Buffer's own conversions are faster than TextEncoder and TextDecoder on the short texts of messages.
configureTextEncoding({
  encodeUtf8: (text) => Buffer.from(text),
  decodeUtf8: (bytes) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
  checkUtf8: (text) => text.isWellFormed(),
});

/** grpc-js's definition of a protobuf-es method. */
export function methodDefinition(method: DescMethod): MethodDefinition<Message, Message> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream:
      method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream:
      method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: (message) => Buffer.from(toBinary(method.input, message)),
    requestDeserialize: (bytes) => fromBinary(method.input, bytes),
    responseSerialize: (message) => Buffer.from(toBinary(method.output, message)),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

/** grpc-js's definition of a protobuf-es service, by method name as in the proto file. */
export function serviceDefinition(service: DescService): ServiceDefinition {
  return Object.fromEntries(
    service.methods.map((method) => [method.localName, methodDefinition(method)]),
  );
}

/** The serialised descriptors of a file and all that it imports; what reflection answers with. */
export function fileDescriptors(file: DescFile): Buffer[] {
  const seen = new Map<string, Buffer>();
  function visit(current: DescFile): void {
    if (seen.has(current.name)) return;
    for (const dependency of current.dependencies) visit(dependency);
    seen.set(current.name, Buffer.from(toBinary(FileDescriptorProtoSchema, current.proto)));
  }
  visit(file);
  return [...seen.values()];
}
