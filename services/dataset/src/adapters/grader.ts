import { createGrpcClient, type Task } from '@parley/platform';
import { VotingService } from '@parley/proto/voting';

/** An answer, whole or bare, and what it is compared with. */
export type Pair = { answer: string; reference: string };

/** The voting service's comparison, the only one that there is. Throws ParleyError. */
export type Grader = {
  /** Whether each answer equals its reference, in the order of the pairs. */
  equal(task: Task, pairs: readonly Pair[], signal: AbortSignal): Promise<boolean[]>;
  close(): void;
};

/** Pairs, and characters of them, in one call; a message has at most 32 MiB. */
const MAX_CALL = { pairs: 1000, characters: 8 * 1024 * 1024 };
/** Characters that voting takes for one text; a longer one has no answer. */
const MAX_TEXT = 1024 * 1024;
/** Longer than voting takes for a call in which no step but the last can tell. */
const DEADLINE_MS = 180_000;

/** Connects to the voting service. */
export function createGrader(address: string): Grader {
  const client = createGrpcClient(VotingService, { address, defaultDeadlineMs: DEADLINE_MS });
  return {
    async equal(task, pairs, signal) {
      const verdicts: boolean[] = [];
      for (const part of parts(pairs)) {
        const { results } = await client.grade({ policy: task, pairs: part }, { signal });
        for (const { equal } of results) verdicts.push(equal);
      }
      return verdicts;
    },
    close: () => client.close(),
  };
}

function* parts(pairs: readonly Pair[]): Iterable<Pair[]> {
  let part: Pair[] = [];
  let characters = 0;
  for (const { answer, reference } of pairs) {
    const sent = { answer: taken(answer), reference: taken(reference) };
    const length = sent.answer.length + sent.reference.length;
    if (part.length === MAX_CALL.pairs || characters + length > MAX_CALL.characters) {
      if (part.length > 0) yield part;
      part = [];
      characters = 0;
    }
    part.push(sent);
    characters += length;
  }
  if (part.length > 0) yield part;
}

function taken(text: string): string {
  return text.length > MAX_TEXT ? '' : text;
}
