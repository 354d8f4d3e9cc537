import type { Answer } from './answers.ts';
import { differences } from './compare.ts';
import { exchange, leaveStream } from './exchange.ts';
import type { Model, Subject } from './subject.ts';
import type { WireCase } from './wire-case.ts';

/** What an engine answered in a case, and what of it the judgement needs to know. */
export type Answered = { engine: Model; answers: Answer[] };

/** Puts the requests of a case to an engine, one after another. @throws what the connection throws. */
export async function runCase(wireCase: WireCase, engine: Subject): Promise<Answered> {
  const answers: Answer[] = [];
  for (const request of wireCase.requests(engine)) {
    if (wireCase.leaves) {
      const body = await leaveStream(engine.url, request);
      answers.push({ status: 200, type: 'application/json', body });
    } else answers.push(await exchange(engine.url, request));
  }
  return { engine, answers };
}

/**
 * What does not agree between the answers of a reference engine and of another to one case: what differs, and
 * on which side they do not mean what they must.
 */
export function judge(wireCase: WireCase, reference: Answered, other: Answered): string[] {
  const found = reference.answers.flatMap((answer, index) => {
    const counterpart = other.answers[index];
    if (counterpart === undefined) return [`answer ${index + 1} is missing`];
    return differences(answer, counterpart, wireCase).map((text) => `answer ${index + 1}, ${text}`);
  });
  return [
    ...found,
    ...meaning(wireCase, reference, 'the reference'),
    ...meaning(wireCase, other, 'the other'),
  ];
}

function meaning({ means }: WireCase, { answers, engine }: Answered, side: string): string[] {
  try {
    means?.(answers, engine);
    return [];
  } catch (thrown) {
    return [`${side} does not mean what it must: ${(thrown as Error).message}`];
  }
}
