import { seededRandom } from '@parley/platform';
import { quickVerdict } from '../../services/voting/src/domain/equality/quick.ts';
import { policyOf } from '../../services/voting/src/domain/policy.ts';
import { decide } from '../../services/voting/src/domain/vote/decide.ts';

/** Votes a second of one core, and of the plainest thing that could stand in: the last number, counted as text. */
export type TalliesResult = {
  votesPerSecond: number;
  plainPerSecond: number;
  /** Votes won by the right answer, which most agents gave, in percent. */
  right: number;
  plainRight: number;
};

const VOTES = 4000;
const AGENTS = 6;
/** Agents of a vote that are right. */
const RIGHT = 4;
const WARM_UP_MS = 2000;
const MEASURED_MS = 5000;

const policy = policyOf('gsm8k');
const random = seededRandom(1);
const votes = Array.from({ length: VOTES }, () => {
  const right = below(20) === 0 ? 1000 + below(90_000) : 2 + below(400);
  const ballots = Array.from({ length: AGENTS }, (_, index) => ({
    agent: `critic-${index + 1}`,
    response: response(index < RIGHT ? right : right + 1 + below(5)),
  }));
  return { right: String(right), ballots };
});

/** Usage: voting-tallies.ts; prints a TalliesResult. */
const parley = rate(({ ballots }, seed) => {
  const vote = decide(
    { policy, ballots, method: 'plurality', tie: 'random', seed, quorum: 0 },
    {
      equal: (a, b) => quickVerdict(policy, a, b) ?? { equal: false, rule: '', unknown: true },
    },
  );
  return vote instanceof Promise ? undefined : vote.winner?.answer;
});
const plain = rate(({ ballots }) => {
  const counts = new Map<string, number>();
  for (const { response } of ballots) {
    const answer =
      response
        .match(/-?\d[\d,]*(?:\.\d+)?/g)
        ?.at(-1)
        ?.replaceAll(',', '') ?? '';
    counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
});
const result: TalliesResult = {
  votesPerSecond: parley.perSecond,
  plainPerSecond: plain.perSecond,
  right: parley.right,
  plainRight: plain.right,
};
process.stdout.write(`${JSON.stringify(result)}\n`);

type Held = (typeof votes)[number];

/** Holds the votes over and over, and says how many a second and how many of them right. */
function rate(hold: (vote: Held, seed: number) => string | undefined) {
  const run = (ms: number) => {
    const start = performance.now();
    let held = 0;
    let right = 0;
    for (; performance.now() - start < ms; held += VOTES)
      for (const [seed, vote] of votes.entries()) if (hold(vote, seed) === vote.right) right += 1;
    return {
      perSecond: (1000 * held) / (performance.now() - start),
      right: (100 * right) / held,
    };
  };
  run(WARM_UP_MS);
  return run(MEASURED_MS);
}

/** A solution as models write them, 200 to 600 characters, that ends in one of the usual ways. */
function response(answer: number): string {
  const steps = Array.from({ length: 3 + below(4) }, (_, index) => {
    const [a, b] = [2 + below(60), 2 + below(12)];
    return `Step ${index + 1}: There are ${a} boxes with ${b} apples each, so ${a} × ${b} = <<${a}*${b}=${a * b}>>${a * b} apples in all.`;
  });
  const grouped = answer.toLocaleString('en-US');
  const endings = [
    `#### ${grouped}`,
    `The answer is $${grouped}.`,
    `The final answer is \\boxed{${answer}}.`,
    `Answer: **${grouped}**`,
    `A: ${answer}`,
    `So the total is ${grouped} apples.`,
    `Therefore, the answer is **${answer}.00**`,
    `$$\\boxed{${grouped.replace(',', '{,}')}}$$`,
  ];
  return `${steps.join('\n')}\n${endings[below(endings.length)]}`;
}

function below(limit: number): number {
  return Math.floor(random() * limit);
}
