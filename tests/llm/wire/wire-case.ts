import type { Answer } from './answers.ts';
import type { Rules } from './compare.ts';
import type { Request } from './exchange.ts';
import type { Model, Subject } from './subject.ts';

/** Requests that are made one after another, and what the answers of two engines must have in common. */
export type WireCase = Rules & {
  /** Also the name of the file with the recorded answers. */
  name: string;
  requests: (engine: Subject) => readonly Request[];
  /** Whether the client leaves after the first text of the stream; the answer then is what became of it. */
  leaves?: boolean;
  /** What the answers of any engine must mean. @throws what `assert` throws. */
  means?: (answers: readonly Answer[], engine: Model) => void;
  /** Why the sandbox answers otherwise, where it does so on purpose. */
  sandboxDiffers?: string;
};

/** A problem that both the tiny model and the sandbox know how to answer. */
export const QUESTION = '38*6-19=?';

/** A chat request as Parley makes it: short, sampled, with a seed. */
export function chat({ base }: Subject, more: object = {}): Request {
  const messages = [{ role: 'user', content: QUESTION }];
  const sampling = { temperature: 1, top_p: 0.9, max_tokens: 4, seed: 7 };
  const body = { model: base, messages, ...sampling, ...more };
  return { method: 'POST', path: '/v1/chat/completions', body };
}

/** A request to complete a text. */
export function completion({ base }: Subject, more: object): Request {
  const body = { model: base, temperature: 0, ...more };
  return { method: 'POST', path: '/v1/completions', body };
}
