/** A debate as a test tells it: for every round the answer of every position, null where it is absent. */
export type ToldDebate = {
  debate: string;
  problemId: string;
  rounds: (string | null)[][];
  status?: string;
  task?: string;
  critics?: boolean;
  /** Rounds that were played but not voted on. */
  unvoted?: (string | null)[][];
};

/** The transcript of a told debate as the debate service writes it, voted on by plurality. */
export function transcriptJson(told: ToldDebate): Buffer {
  const { debate, problemId, rounds, task = 'gsm8k', critics = true, unvoted = [] } = told;
  const turns = [...rounds, ...unvoted].flatMap((answers, index) =>
    answers.map((answer, place) => ({
      sequence: 0,
      kind: 'answer',
      round: index + 1,
      position: place + 1,
      seat: seatOf(index + 1, place + 1, critics),
      prompt: `round ${index + 1} of ${problemId}?`,
      text: answer === null ? '' : said(answer),
      failure: answer === null ? 'ENGINE_FAILED' : '',
    })),
  );
  const summary = { kind: 'summary', round: 2, position: 1, prompt: 'sum', text: 's', failure: '' };
  return Buffer.from(
    JSON.stringify({
      version: 1,
      debate,
      problemId,
      task,
      agents: rounds[0]?.length,
      status: told.status ?? 'completed',
      turns: [...turns.toReversed(), summary],
      vote: voteOf(rounds, critics),
      usage: { promptTokens: 10, completionTokens: 20 },
    }),
  );
}

/** What an agent says whose answer is this; `?` cannot be extracted. */
export function said(answer: string): string {
  return answer === '?' ? 'I do not know.' : `So it is \\boxed{${answer}}.`;
}

function seatOf(round: number, position: number, critics: boolean): string {
  return `${round > 1 && critics ? 'critic' : 'gen'}-${position}`;
}

function voteOf(rounds: (string | null)[][], critics: boolean) {
  const extractions = (rounds.at(-1) ?? []).flatMap((answer, place) =>
    answer === null
      ? []
      : [
          {
            agent: seatOf(rounds.length, place + 1, critics),
            answer: answer === '?' ? '' : answer,
          },
        ],
  );
  const groups = [
    ...Map.groupBy(
      extractions.filter(({ answer }) => answer !== ''),
      ({ answer }) => answer,
    ),
  ].sort(([, a], [, b]) => b.length - a.length);
  const [answer = null, members = []] = groups[0] ?? [];
  return {
    answer,
    members: members.map(({ agent }) => agent),
    tie: groups[1]?.[1].length === members.length,
    extractions,
    consensus: members.length / extractions.length,
  };
}
