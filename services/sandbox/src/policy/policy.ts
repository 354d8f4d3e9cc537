import type { Message, Task } from './conversation.ts';
import { readTask } from './conversation.ts';
import type { Sampling, Trace } from './pen.ts';
import { FollowingPen, SamplingPen } from './pen.ts';
import type { Random } from './random.ts';
import { hashText, seededRandom } from './random.ts';
import { writeTask } from './write.ts';

/** The text that the parameters give for a task, with draws from `random`. */
export function generate(
  theta: Float64Array,
  task: Task,
  sampling: Sampling,
  random: Random,
): string {
  const pen = new SamplingPen(theta, sampling, random);
  writeTask(pen, task);
  return pen.text;
}

/** Reads a text back to the choices that give it. */
export function follow(task: Task, text: string): Trace {
  const pen = new FollowingPen(text);
  writeTask(pen, task);
  return pen.trace();
}

/** The answer of parameters to a conversation: it depends on these arguments alone. */
export function respond(
  theta: Float64Array,
  messages: readonly Message[],
  sampling: Sampling,
  seed: number,
): string {
  const random = seededRandom(seed, conversationHash(messages));
  return generate(theta, readTask(messages), sampling, random);
}

/** A 32-bit hash of a conversation. */
export function conversationHash(messages: readonly Message[]): number {
  let hash: number | undefined;
  for (const { role, content } of messages) hash = hashText(content, hashText(`${role}\n`, hash));
  return hash ?? 0;
}
