import { createGrpcClient, type Task } from '@parley/platform';
import { VotingService } from '@parley/proto/voting';

/** Canonical final answers of responses, in their order; empty where there is none. */
export type Extractor = {
  extract(task: Task, responses: readonly string[], signal: AbortSignal): Promise<string[]>;
  close(): void;
};

/** Responses, and characters of them, in one call; a message has at most 32 MiB. */
const MAX_CALL = { responses: 2000, characters: 8 * 1024 * 1024 };
/** Characters that voting takes for one response; a longer one has no answer. */
const MAX_RESPONSE = 1024 * 1024;
const DEADLINE_MS = 30_000;

/**
 * The voting service's extraction. Equal canonical answers are equal answers: the comparison itself stays
 * with voting.
 */
export function createExtractor(address: string): Extractor {
  const client = createGrpcClient(VotingService, { address, defaultDeadlineMs: DEADLINE_MS });
  return {
    async extract(task, responses, signal) {
      const answers: string[] = [];
      for (const part of parts(responses)) {
        const { extractions } = await client.extract({ task, responses: part }, { signal });
        for (const { answer } of extractions) answers.push(answer);
      }
      return answers;
    },
    close: () => client.close(),
  };
}

function* parts(responses: readonly string[]): Iterable<string[]> {
  let part: string[] = [];
  let characters = 0;
  for (const response of responses) {
    const sent = response.length > MAX_RESPONSE ? '' : response;
    if (part.length === MAX_CALL.responses || characters + sent.length > MAX_CALL.characters) {
      yield part;
      part = [];
      characters = 0;
    }
    part.push(sent);
    characters += sent.length;
  }
  if (part.length > 0) yield part;
}
