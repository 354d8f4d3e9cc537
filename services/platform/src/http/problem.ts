import type { FastifyError } from 'fastify';
import { Type } from 'typebox';
import { ParleyError, REASONS } from '../errors.ts';
import { publicMessage } from '../grpc/status.ts';

/** RFC 9457 problem details with Parley's members: the reason, and the fields that were wrong. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    reason: Type.String(),
    instance: Type.Optional(Type.String()),
    errors: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), message: Type.String() })),
    ),
  },
  { $id: 'Problem', description: 'RFC 9457 problem details' },
);

export type ProblemDocument = Type.Static<typeof Problem>;

/** An error as a problem document. `instance` is the request's id. */
export function toProblem(error: ParleyError, instance?: string): ProblemDocument {
  const { http } = REASONS[error.reason];
  const detail = publicMessage(error);
  return {
    type: `urn:parley:reason:${error.reason}`,
    title: error.reason.toLowerCase().replaceAll('_', ' '),
    status: http,
    detail,
    reason: error.reason,
    ...(instance === undefined ? {} : { instance }),
    ...(error.field === undefined ? {} : { errors: [{ field: error.field, message: detail }] }),
  };
}

/** What fastify threw before or in a route, as a ParleyError that names the field and the limit. */
export function fromFastify(
  thrown: FastifyError | ParleyError | Error,
  bodyLimit: number,
): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  const { validation, validationContext, code, statusCode } = thrown as FastifyError;
  if (validation) {
    const first = validation[0];
    const field = fieldOf(validationContext ?? 'body', first);
    const all = validation.map(
      (one) => `${fieldOf(validationContext ?? 'body', one)} ${messageOf(one)}`,
    );
    return new ParleyError('INVALID_ARGUMENT', all.join('; '), { field });
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new ParleyError('LIMIT_EXCEEDED', `body: larger than the limit of ${bodyLimit} bytes`, {
      field: 'body',
    });
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new ParleyError('UNSUPPORTED_MEDIA_TYPE', `content-type: ${thrown.message}`, {
      field: 'content-type',
    });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new ParleyError('INVALID_ARGUMENT', `body: ${thrown.message}`, { field: 'body' });
  return ParleyError.from(thrown);
}

type ValidationError = NonNullable<FastifyError['validation']>[number];

function fieldOf(part: string, error: ValidationError | undefined): string {
  const path = (error?.instancePath ?? '').split('/').slice(1);
  const params = error?.params as
    | { missingProperty?: string; additionalProperty?: string }
    | undefined;
  const extra = params?.missingProperty ?? params?.additionalProperty;
  return [part, ...path, ...(extra === undefined ? [] : [extra])].join('.');
}

function messageOf(error: ValidationError): string {
  const params = error.params as {
    allowedValues?: unknown[];
    additionalProperty?: string;
    missingProperty?: string;
  };
  if (params.allowedValues) return `must be one of ${params.allowedValues.join(', ')}`;
  if (params.additionalProperty !== undefined) return 'is not known here';
  if (params.missingProperty !== undefined) return 'is required';
  return error.message ?? 'is invalid';
}
