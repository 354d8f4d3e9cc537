import { ParleyError } from '@parley/platform';
import type { ChatMessage } from '../domain/coalesce.ts';
import { type AnswerLength, clampedTo, tooLong } from '../domain/context-length.ts';
import type { Engine } from './engine.ts';
import { contextComplaint } from './engine-errors.ts';

/** A call whose prompt and answer must fit into the model's context together. */
export type BoundedCall = {
  model: string;
  messages: readonly ChatMessage[];
  maxTokens: number;
  signal: AbortSignal;
};

/**
 * Makes a call on an engine, and sees that its prompt and its answer fit into the engine's context.
 * @throws ParleyError LIMIT_EXCEEDED naming both lengths when they do not fit, whether the engine says so or would
 * have cut the answer; else as `perform`.
 */
export async function withinContext<T extends AnswerLength>(
  engine: Pick<Engine, 'url' | 'client' | 'models'>,
  call: BoundedCall,
  perform: () => Promise<T>,
): Promise<T> {
  const { model, maxTokens } = call;
  const where = `${model} on ${engine.url}`;
  const contextLength = contextLengthOf(engine.models);
  let answer: T;
  try {
    answer = await perform();
  } catch (thrown) {
    throw await explained(engine, call, contextLength, where, ParleyError.from(thrown));
  }
  const limit = clampedTo(answer, maxTokens, contextLength);
  if (limit === undefined) return answer;
  throw tooLong({ promptTokens: answer.promptTokens, maxTokens }, limit, where);
}

/** vLLM says only that a prompt has more tokens than fit, and nothing of a prompt when max_tokens is too large. */
async function explained(
  { client }: Pick<Engine, 'client'>,
  { model, messages, maxTokens, signal }: BoundedCall,
  contextLength: number | undefined,
  where: string,
  error: ParleyError,
): Promise<ParleyError> {
  const complaint = contextComplaint(error);
  if (complaint === undefined) return error;
  const said = new ParleyError(
    'LIMIT_EXCEEDED',
    `${error.message}; sampling.maxTokens is ${maxTokens}`,
    { cause: error },
  );
  if (complaint === 'characters' || contextLength === undefined) return said;
  try {
    const promptTokens = await client.countTokens(model, messages, signal);
    return tooLong({ promptTokens, maxTokens }, contextLength, where, error);
  } catch {
    signal.throwIfAborted();
    return said;
  }
}

/** Adapters have the context of the base model that they lie over, and do not say it. */
function contextLengthOf(models: Engine['models']): number | undefined {
  return models.values().find(({ adapter }) => !adapter)?.maxModelLength;
}
