import type { MessageInitShape } from '@bufbuild/protobuf';
import { type CallContext, publicMessage } from '@parley/platform';
import type { GenerateRequest, GenerateResponseSchema } from '@parley/proto/inference';
import type { InferenceContext } from '../context.ts';
import { refuseBroken } from '../domain/revision.ts';
import { generate } from '../generation.ts';
import { completionMessage } from './convert.ts';
import { readCalls, readPriority } from './generate-request.ts';
import { createMailbox } from './mailbox.ts';

type Response = MessageInitShape<typeof GenerateResponseSchema>;

/**
 * Generates a round of calls; results come as they end, and pieces of text before them where they are wanted. Pieces
 * of a call that come before the caller has taken the last one reach it as one.
 */
export async function* generateRound(
  { cache, usage, dispatcher, generationMetrics: metrics, config, log }: InferenceContext,
  request: GenerateRequest,
  { signal, trace }: CallContext,
): AsyncGenerator<Response> {
  const priority = readPriority(request.priority);
  const { society, revision } = await cache.get(request.society, request.revision);
  refuseBroken(revision);
  const calls = readCalls(request, society, revision);
  usage.note(revision, calls);
  const mailbox = createMailbox<Response>();
  const waiting = new Map<string, { callId: string; text: string }>();
  const onAbort = () => mailbox.end(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    const ended = generate(
      calls,
      {
        delta({ id: callId }, text) {
          const piece = waiting.get(callId);
          if (piece !== undefined) {
            piece.text += text;
            return;
          }
          const value = { callId, text };
          waiting.set(callId, value);
          mailbox.put({ result: { case: 'delta', value } });
        },
        completed: (completions) => {
          for (const completion of completions) mailbox.put(completionMessage(completion));
        },
        failed: (failed, error) => {
          const { reason, retryable } = error;
          if (reason === 'INTERNAL')
            log.error({ err: error, society: society.name, trace }, 'generation failed');
          const message = publicMessage(error);
          for (const { id } of failed) {
            const value = { callId: id, reason, message, retryable };
            mailbox.put({ result: { case: 'failure', value } });
          }
        },
      },
      { dispatcher, metrics, priority, signal, maxInFlight: config.engineMaxInFlight },
    );
    ended.then(() => mailbox.end(), mailbox.end);
    for await (const response of mailbox.read()) {
      if (response.result?.case === 'delta') waiting.delete(response.result.value.callId ?? '');
      yield response;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
