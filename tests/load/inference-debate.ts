import type { GrpcClient } from '@parley/platform';
import type { InferenceService } from '@parley/proto/inference';

type Message = { role: 'user' | 'assistant'; content: string };
type Call = { id: string; seat: string; messages: Message[]; seed: number };

const AGENTS = [1, 2, 3];
const MAX_TOKENS = 48;

/**
 * The calls of one debate, in their order and with the conversations that they carry: three answers to a question;
 * in every later round a summary of the others' answers for each agent, and an answer that has read it.
 * @param debate.seedStep between the seeds of the agents of a round: with 1 the first round is one upstream call of
 * three choices, with more each of its calls is made alone.
 */
export async function debateOnce(
  client: GrpcClient<typeof InferenceService>,
  debate: { question: string; rounds: number; seed: number; seedStep: number },
): Promise<void> {
  const { question, rounds, seed, seedStep } = debate;

  async function ask(calls: Call[]): Promise<string[]> {
    const texts = new Map<string, string>();
    const answers = client.generate({
      society: 'bench',
      calls: calls.map((call) => ({
        ...call,
        seed: BigInt(call.seed),
        sampling: { temperature: 1, topP: 0.9, maxTokens: MAX_TOKENS },
      })),
    });
    for await (const { result } of answers) {
      if (result.case === 'failure') throw new Error(result.value.message);
      if (result.case === 'completion') texts.set(result.value.callId, result.value.text);
    }
    return calls.map(({ id }) => texts.get(id) ?? '');
  }

  const conversations = AGENTS.map((): Message[] => [{ role: 'user', content: question }]);
  const answerOf = (agent: number) => ({
    id: `answer ${agent}`,
    seat: `gen-${agent}`,
    messages: conversations[agent - 1] ?? [],
  });
  let answers = await ask(
    AGENTS.map((agent) => ({ ...answerOf(agent), seed: seed + agent * seedStep })),
  );
  for (let round = 2; round <= rounds; round += 1) {
    const summaries = await ask(
      AGENTS.map((agent) => {
        const others = answers.filter((_one, index) => index !== agent - 1).join('\n');
        const messages: Message[] = [
          { role: 'user', content: `Summarize: ${question}\n${others}` },
        ];
        return { id: `summary ${agent}`, seat: 'base', messages, seed: seed + 100 * round + agent };
      }),
    );
    for (const [index, conversation] of conversations.entries()) {
      conversation.push(
        { role: 'assistant', content: answers[index] ?? '' },
        { role: 'user', content: `Others: ${summaries[index]}\nCheck and solve it again.` },
      );
    }
    answers = await ask(
      AGENTS.map((agent) => ({ ...answerOf(agent), seed: seed + 200 * round + agent * seedStep })),
    );
  }
}
