import type { Sampling } from './sampling.ts';

export type ChatMessage = { role: 'system' | 'user' | 'assistant'; content: string };

/** One completion that is asked for, of one served model. */
export type ModelCall = {
  model: string;
  messages: ChatMessage[];
  sampling: Sampling;
  seed: number;
};

/** Calls that one upstream call answers: choice i of seed `calls[0].seed` is the answer of `calls[i]`. */
export type CallGroup<C extends ModelCall> = { calls: [C, ...C[]] };

/**
 * Joins calls of one model with equal messages and sampling whose seeds follow each other. An engine gives
 * choice i of seed s what it gives seed s + i alone, so every call is answered as if it were on its own.
 * Greedy calls stay alone: engines refuse n > 1 at temperature 0.
 * @param maxChoices the most choices that an upstream call may ask for.
 */
export function coalesce<C extends ModelCall>(
  calls: readonly C[],
  maxChoices: number,
): CallGroup<C>[] {
  const [only] = calls;
  if (only !== undefined && calls.length === 1) return [{ calls: [only] }];
  const groups: CallGroup<C>[] = [];
  const open = new Map<string, CallGroup<C>[]>();
  for (const call of calls.toSorted((a, b) => a.seed - b.seed)) {
    if (call.sampling.temperature === 0) {
      groups.push({ calls: [call] });
      continue;
    }
    const key = `${call.model} ${textLength(call.messages)}`;
    const alike = open.get(key);
    const group = alike?.find(
      ({ calls: joined }) => joined.length < maxChoices && follows(call, joined),
    );
    if (group) {
      group.calls.push(call);
      continue;
    }
    const fresh: CallGroup<C> = { calls: [call] };
    groups.push(fresh);
    if (alike) alike.push(fresh);
    else open.set(key, [fresh]);
  }
  return groups;
}

function follows<C extends ModelCall>(call: C, [first, ...rest]: [C, ...C[]]): boolean {
  return (
    call.seed === first.seed + rest.length + 1 &&
    sameSampling(call.sampling, first.sampling) &&
    sameMessages(call.messages, first.messages)
  );
}

function sameSampling(a: Sampling, b: Sampling): boolean {
  return a.temperature === b.temperature && a.topP === b.topP && a.maxTokens === b.maxTokens;
}

function sameMessages(a: readonly ChatMessage[], b: readonly ChatMessage[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ role, content }, index) => role === b[index]?.role && content === b[index].content)
  );
}

function textLength(messages: readonly ChatMessage[]): number {
  let length = 0;
  for (const { content } of messages) length += content.length;
  return length;
}
