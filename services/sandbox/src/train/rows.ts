import type { Choice } from '../policy/choice.ts';
import type { Message } from '../policy/conversation.ts';
import { readTask } from '../policy/conversation.ts';
import { follow } from '../policy/policy.ts';
import { countTokens } from '../policy/tokens.ts';

/** A message of a row; `weight: 0` on an assistant turn means that it takes no loss. */
export interface RowMessage extends Message {
  readonly weight?: number;
}

/** One line of a dataset. */
export interface Row {
  readonly messages: readonly RowMessage[];
}

/** The choice that a row's text took among the candidates. */
export interface Example {
  readonly choice: Choice;
  readonly chosen: number;
}

/** Why a row is not learned. */
export type DropReason = 'nothing-to-learn' | 'too-long' | 'outside-grammar';

/** What there is to learn from one row, or why there is nothing. */
export type ReadRow =
  | { readonly kind: 'learned'; readonly examples: readonly Example[]; readonly tokens: number }
  | { readonly kind: 'dropped'; readonly reason: DropReason };

/**
 * Reads the assistant turns of a row that take loss back into choices. A row longer than
 * `maxLength` tokens, or with a learned turn that the policy could not have written, is dropped.
 */
export function readRow({ messages }: Row, maxLength: number): ReadRow {
  const examples: Example[] = [];
  let tokens = 0;
  let length = 0;
  for (const [i, message] of messages.entries()) {
    const size = countTokens(message.content);
    length += size + 2;
    if (message.role !== 'assistant' || message.weight === 0) continue;
    const trace = follow(readTask(messages.slice(0, i)), message.content);
    if (!trace.complete) return { kind: 'dropped', reason: 'outside-grammar' };
    examples.push(...trace.choices);
    tokens += size;
  }
  if (length > maxLength) return { kind: 'dropped', reason: 'too-long' };
  if (examples.length === 0) return { kind: 'dropped', reason: 'nothing-to-learn' };
  return { kind: 'learned', examples, tokens };
}
