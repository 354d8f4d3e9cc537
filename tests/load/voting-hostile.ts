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

/** Megabytes that were answered, and requests with bombs. */
export type Answered = { long: number; bombs: number };

/**
 * Usage: voting-hostile.ts <base URL>; sends requests that are meant to keep the voting service busy, until it is
 * stopped. Prints a line when it begins, and at SIGUSR2 what was Answered.
 */
const [base = ''] = process.argv.slice(2);

const answered: Answered = { long: 0, bombs: 0 };
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
process.stdout.write('{"sending":true}\n');
await Promise.all([
  send('/v1/grades', { policy: 'boxed', pairs }, countLong(2 * LONG.length)),
  send('/v1/votes', { policy: 'gsm', ballots }, countLong(LONG.length)),
  send('/v1/grades', { policy: 'boxed', pairs: BOMBS }, () => {
    answered.bombs += 1;
  }),
]);
