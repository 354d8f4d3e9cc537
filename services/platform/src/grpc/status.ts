import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyPack, anyUnpack } from '@bufbuild/protobuf/wkt';
import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import { ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '@parley/proto/google/rpc';
import { isReason, ParleyError, REASONS, type Reason } from '../errors.ts';

const DOMAIN = 'parley';
const DETAILS = 'grpc-status-details-bin';

/** An error as gRPC says it: status code, message, ErrorInfo and, where known, RetryInfo. */
export function toStatus(error: ParleyError): Partial<StatusObject> {
  const { grpc } = REASONS[error.reason];
  const message = publicMessage(error);
  const metadata: Record<string, string> = { retryable: String(error.retryable) };
  if (error.field !== undefined) metadata.field = error.field;
  const details = [
    anyPack(
      ErrorInfoSchema,
      create(ErrorInfoSchema, { reason: error.reason, domain: DOMAIN, metadata }),
    ),
  ];
  if (error.retryAfter !== undefined) {
    const seconds = BigInt(Math.floor(error.retryAfter));
    const nanos = Math.round((error.retryAfter % 1) * 1e9);
    details.push(
      anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: { seconds, nanos } })),
    );
  }
  const trailer = new Metadata();
  const body = create(StatusSchema, { code: grpc, message, details });
  trailer.set(DETAILS, Buffer.from(toBinary(StatusSchema, body)));
  return { code: grpc as status, details: message, metadata: trailer };
}

/** The message that may leave the process: an INTERNAL error keeps its insides for the log. */
export function publicMessage(error: ParleyError): string {
  return error.reason === 'INTERNAL' ? 'internal error' : error.message;
}

/** A gRPC failure as a ParleyError; reasons of Parley's own services survive the trip. */
export function fromServiceError(error: ServiceError, target: string): ParleyError {
  const packed = error.metadata?.get(DETAILS)[0];
  if (packed instanceof Uint8Array) {
    const known = fromDetails(packed, error);
    if (known) return known;
  }
  const reason = BY_CODE[error.code] ?? 'INTERNAL';
  return new ParleyError(reason, `${target}: ${error.details}`, { cause: error });
}

function fromDetails(packed: Uint8Array, cause: ServiceError): ParleyError | undefined {
  const body = fromBinary(StatusSchema, packed);
  let info: { reason: string; metadata: Record<string, string> } | undefined;
  let retryAfter: number | undefined;
  for (const any of body.details) {
    info ??= anyUnpack(any, ErrorInfoSchema);
    const delay = anyUnpack(any, RetryInfoSchema)?.retryDelay;
    if (delay) retryAfter = Number(delay.seconds) + delay.nanos / 1e9;
  }
  if (!info || !isReason(info.reason)) return undefined;
  const { field, retryable } = info.metadata;
  return new ParleyError(info.reason, body.message, {
    cause,
    retryable: retryable === 'true',
    ...(field === undefined ? {} : { field }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

const BY_CODE: Partial<Record<status, Reason>> = {
  [status.CANCELLED]: 'CANCELLED',
  [status.INVALID_ARGUMENT]: 'INVALID_ARGUMENT',
  [status.DEADLINE_EXCEEDED]: 'DEADLINE_EXCEEDED',
  [status.NOT_FOUND]: 'NOT_FOUND',
  [status.ALREADY_EXISTS]: 'ALREADY_EXISTS',
  [status.RESOURCE_EXHAUSTED]: 'OVERLOADED',
  [status.FAILED_PRECONDITION]: 'FAILED_PRECONDITION',
  [status.ABORTED]: 'CONFLICT',
  [status.UNIMPLEMENTED]: 'NOT_CONFIGURED',
  [status.UNAVAILABLE]: 'UNAVAILABLE',
  [status.DATA_LOSS]: 'DATA_CORRUPT',
};
