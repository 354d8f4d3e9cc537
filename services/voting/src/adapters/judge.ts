import { createGrpcClient } from '@parley/platform';
import { InferenceService } from '@parley/proto/inference';
import { extractAnswer } from '../domain/extraction/extract.ts';
import { policyOf } from '../domain/policy.ts';
import type { Judged } from '../metrics.ts';
import type { JudgeQuestion } from '../requests.ts';

/** Models that choose between the answers of a tie. */
export type Judges = {
  /** The index of the chosen answer; undefined where there is no choice to be had, whatever the reason. */
  ask(
    judge: JudgeQuestion,
    answers: readonly string[],
    signal: AbortSignal,
  ): Promise<number | undefined>;
  close(): void;
};

const DEADLINE_MS = 60_000;
const SAMPLING = { temperature: 0, topP: 1, maxTokens: 512 };
/** The revision that inference takes for the society's current one. */
const CURRENT = 0;
/** What the policy `choice` can read. */
const LETTERS = ['A', 'B', 'C', 'D', 'E'];
const CHOICE = policyOf('choice');

/**
 * Asks the base model of a society, under the society's current revision, by inference. `onJudged` hears how each
 * question ended.
 */
export function createJudges(address: string, onJudged: (outcome: Judged) => void): Judges {
  const client = createGrpcClient(InferenceService, { address, defaultDeadlineMs: DEADLINE_MS });

  async function answerOf(society: string, content: string, signal: AbortSignal) {
    const messages = [{ role: 'user', content }];
    const call = { id: 'judge', seat: 'base', messages, sampling: SAMPLING };
    const results = client.generate(
      { society, revision: CURRENT, priority: 'interactive', calls: [call] },
      { signal },
    );
    for await (const { result } of results) {
      if (result.case === 'completion') return result.value.text;
      if (result.case === 'failure') break;
    }
    return undefined;
  }

  return {
    async ask({ society, question }, answers, signal) {
      const judged = await choice(answers, () =>
        answerOf(society, prompt(question, answers), signal),
      );
      onJudged(typeof judged === 'number' ? 'chosen' : judged);
      return typeof judged === 'number' ? judged : undefined;
    },
    close: () => client.close(),
  };
}

async function choice(
  answers: readonly string[],
  ask: () => Promise<string | undefined>,
): Promise<number | Exclude<Judged, 'chosen'>> {
  if (answers.length > LETTERS.length) return 'too-many';
  const text = await ask().catch(() => undefined);
  if (text === undefined) return 'failed';
  const letter = extractAnswer(CHOICE, text)?.answer.text ?? '';
  const index = LETTERS.indexOf(letter);
  return index >= 0 && index < answers.length ? index : 'unreadable';
}

function prompt(question: string, answers: readonly string[]): string {
  return [
    question,
    'Several answers were given. Which of them is right?',
    answers.map((answer, index) => `(${LETTERS[index]}) ${answer}`).join('\n'),
    'Answer with the letter of the right answer and nothing else.',
  ].join('\n\n');
}
