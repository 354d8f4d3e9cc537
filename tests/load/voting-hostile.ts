/** Texts that are meant to take long to read: a megabyte each. */
const LONG = [
  '\\boxed{'.repeat(2 ** 17),
  '\\frac{1}{'.repeat(2 ** 16),
  '{'.repeat(2 ** 20 - 1),
  'The answer is '.repeat(2 ** 16),
];

/** Pairs that are meant to take the engine long, each of its own. */
const BOMBS = Array.from({ length: 10_000 }, (_, index) => ({
  answer: `\\boxed{(x+y+z+${index})^{${900 + index}}-9^{9^{9^{${index}}}}}`,
  reference: `\\boxed{(x+y+z+${index + 1})^{${900 + index}}-9^{9^{9^{9}}}}`,
}));

/** One vote of as many and as long rankings as there may be in a few megabytes. */
const RANKED = {
  policy: 'boxed',
  method: 'borda',
  ballots: Array.from({ length: 1024 }, (_, at) => ({
    agent: `${at}`,
    ranking: Array.from({ length: 16 }, (_, place) => `${at}+${'x^{2}+'.repeat(25)}y^{${place}}`),
  })),
};

/** One vote of numbers of which each comparison takes long. */
const ROUNDED = {
  policy: 'gsm',
  settings: { digits: 5 },
  ballots: Array.from({ length: 1024 }, (_, at) => ({
    agent: `${at}`,
    response: `1.${String(at + 1000).repeat(225)}`,
  })),
};

/** Votes that learn from one another about agents of which each is new. */
const LEARNED = Array.from({ length: 2000 }, (_, vote) => ({
  policy: 'gsm',
  method: 'learned',
  ballots: Array.from({ length: 20 }, (_, at) => ({ agent: `${vote}-${at}`, response: '4' })),
}));

/** Votes of which no two answers can be told. */
const UNKNOWN = Array.from({ length: 100 }, (_, vote) => ({
  policy: 'boxed',
  ballots: Array.from({ length: 15 }, (_, at) => ({
    agent: `${at}`,
    response: `\\boxed{(x+y+z+${at})^{${900 + vote}}-9^{9^{9^{${at}}}}${'+a'.repeat(90)}}`,
  })),
}));

/** Megabytes that were answered, requests with bombs, and other requests with votes that take long. */
export type Answered = { long: number; bombs: number; votes: number };

/**
 * Usage: voting-hostile.ts <base URL>; sends requests that are meant to keep the voting service busy, until it is
 * stopped. Prints a line when it begins, and at SIGUSR2 what was Answered.
 */
const [base = ''] = process.argv.slice(2);

const answered: Answered = { long: 0, bombs: 0, votes: 0 };
process.on('SIGUSR2', () => process.stdout.write(`${JSON.stringify(answered)}\n`));

async function send(path: string, body: object, onAnswer: () => void): Promise<void> {
  const content = JSON.stringify(body);
  for (;;) {
    const response = await fetch(`${base}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: content,
    });
    if (!response.ok) throw new Error(`${path} was answered by ${await response.text()}`);
    await response.arrayBuffer();
    onAnswer();
  }
}

const pairs = LONG.map((text) => ({ answer: text, reference: text }));
const ballots = LONG.map((response, index) => ({ agent: `${index}`, response }));
const countLong = (texts: number) => () => {
  answered.long += texts;
};
const countVotes = () => {
  answered.votes += 1;
};
process.stdout.write('{"sending":true}\n');
await Promise.all([
  send('/v1/grades', { policy: 'boxed', pairs }, countLong(2 * LONG.length)),
  send('/v1/votes', { policy: 'gsm', ballots }, countLong(LONG.length)),
  send('/v1/grades', { policy: 'boxed', pairs: BOMBS }, () => {
    answered.bombs += 1;
  }),
  send('/v1/votes', RANKED, countVotes),
  send('/v1/votes', ROUNDED, countVotes),
  send('/v1/votes', { votes: LEARNED }, countVotes),
  send('/v1/votes', { votes: UNKNOWN }, countVotes),
]);
