import { mapLimited } from '@parley/platform';
import type { EngineClient } from './adapters/engine-client.ts';
import type { Dispatcher } from './dispatcher.ts';
import { affinityKey } from './domain/affinity.ts';
import type { ChatMessage } from './domain/coalesce.ts';
import { type AnswerScore, answerScore } from './domain/score.ts';

/** A conversation, and an answer to it whose probability is asked for. */
export type ScoreItem = { messages: ChatMessage[]; answer: string };

const AT_ONCE = 16;

/**
 * The probability of each answer under a model. The length of a question is asked for once, however many of
 * the answers are to it.
 * @throws ParleyError as the engine's, or the signal's reason.
 */
export function score(
  dispatcher: Dispatcher,
  model: string,
  items: readonly ScoreItem[],
  signal: AbortSignal,
): Promise<AnswerScore[]> {
  const lengths = new Map<string, Promise<number>>();

  async function ask<T>(
    messages: readonly ChatMessage[],
    perform: (client: EngineClient) => Promise<T>,
  ): Promise<T> {
    const affinity = affinityKey(model, messages);
    const work = { model, n: 1, affinity, priority: 'batch', signal } as const;
    const done = await dispatcher.run({ ...work, perform: ({ client }) => perform(client) });
    return done.value;
  }

  function lengthOf(messages: ChatMessage[]): Promise<number> {
    const key = JSON.stringify(messages);
    let length = lengths.get(key);
    if (length === undefined) {
      length = ask(messages, (client) => client.promptTokens(model, messages, signal));
      lengths.set(key, length);
    }
    return length;
  }

  return mapLimited(items, AT_ONCE, async ({ messages, answer }) => {
    const conversation: ChatMessage[] = [...messages, { role: 'assistant', content: answer }];
    const [length, logprobs] = await Promise.all([
      lengthOf(messages),
      ask(messages, (client) => client.promptLogprobs(model, conversation, signal)),
    ]);
    return answerScore(logprobs, length);
  });
}
