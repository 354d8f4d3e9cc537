import type { SeatPlan } from './assembly.ts';
import { conversationOf, type Transcript, votedRound } from './transcript.ts';

type Message = { role: 'user' | 'assistant'; content: string; weight?: 0 };

/**
 * The row that a debate gives a seat, as a line of JSONL in the OpenAI finetuning form. A generation agent
 * gets (x, y(n,1)); a critic the whole conversation of its position up to round M, where `weight: 0` keeps
 * round 1's answer, which is not the critic's, from taking a loss.
 */
export function rowLine(
  transcript: Transcript,
  { role, position }: Pick<SeatPlan, 'role' | 'position'>,
): string {
  const last = role === 'generation' ? 1 : votedRound(transcript);
  const messages: Message[] = [];
  for (const { round, prompt, text } of conversationOf(transcript, position)) {
    if (round > last) break;
    messages.push({ role: 'user', content: prompt });
    messages.push(
      role === 'critic' && round === 1
        ? { role: 'assistant', content: text, weight: 0 }
        : { role: 'assistant', content: text },
    );
  }
  return `${JSON.stringify({ messages })}\n`;
}
