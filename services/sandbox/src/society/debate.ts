import type { Message } from '../policy/conversation.ts';
import { finalAnswer } from '../policy/conversation.ts';
import type { Sampling } from '../policy/pen.ts';
import { respond } from '../policy/policy.ts';
import type { Random } from '../policy/random.ts';
import { critiquePrompt, questionPrompt, summaryPrompt } from './prompts.ts';

/** The parameters in the seats of a society; `generators` and `critics` are equally long. */
export interface Society {
  readonly base: Float64Array;
  readonly generators: readonly Float64Array[];
  readonly critics: readonly Float64Array[];
}

/** One debate of two rounds. */
export interface Debate {
  readonly problem: string;
  /** Position n's whole conversation. */
  readonly conversations: readonly (readonly Message[])[];
  readonly first: readonly (number | null)[];
  readonly last: readonly (number | null)[];
  /** The vote over the last round; null when nobody gave an answer. */
  readonly consensus: number | null;
}

/** Holds one debate of two rounds; `seed` decides every draw. */
export function debate(
  society: Society,
  problem: string,
  sampling: Sampling,
  seed: number,
  random: Random,
): Debate {
  const seats = society.generators.map((_, n) => n);
  const question: Message = { role: 'user', content: questionPrompt(problem) };
  const answers = seats.map((n) => {
    return respond(society.generators[n] as Float64Array, [question], sampling, seed + n);
  });
  const conversations = seats.map((n) => {
    const others = answers.filter((_, other) => other !== n);
    const asked = { role: 'user', content: summaryPrompt(problem, others) };
    const summary = respond(society.base, [asked], sampling, seed + n);
    const conversation = [
      question,
      { role: 'assistant', content: answers[n] as string },
      { role: 'user', content: critiquePrompt(problem, summary) },
    ];
    const critic = society.critics[n] as Float64Array;
    const content = respond(critic, conversation, sampling, seed + n);
    return [...conversation, { role: 'assistant', content }];
  });
  const first = answers.map(finalAnswer);
  const last = conversations.map((turns) => finalAnswer(turns.at(-1)?.content ?? ''));
  return { problem, conversations, first, last, consensus: vote(last, random) };
}

/** The most frequent answer; ties fall to `random`; null when there is no answer. */
export function vote(answers: readonly (number | null)[], random: Random): number | null {
  const counts = new Map<number, number>();
  for (const answer of answers) {
    if (answer !== null) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  const winners = [...counts].filter(([, count]) => count === most).map(([answer]) => answer);
  return winners[Math.floor(random() * winners.length)] ?? null;
}
