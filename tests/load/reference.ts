import OpenAI from 'openai';
import { Pool } from 'undici';
import { measured } from './pool.ts';

/**
 * The same nine calls and a vote without any service, store or event, by a plain client.
 * Usage: reference.ts <undici|openai> <engine url> <debates> <at once>; prints a LoadResult.
 */
const [client = 'undici', url = '', debates = '2000', width = '64'] = process.argv.slice(2);

type Message = { role: 'user' | 'assistant'; content: string };
type Ask = (messages: Message[]) => Promise<string>;

function askByUndici(): Ask {
  const pool = new Pool(url, { connections: 256, pipelining: 1 });
  return async (messages) => {
    const { body } = await pool.request({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'base', messages, temperature: 1, max_tokens: 1024 }),
    });
    const answer = (await body.json()) as { choices: { message: { content: string } }[] };
    return answer.choices[0]?.message.content ?? '';
  };
}

function askByOpenAi(): Ask {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
  return async (messages) => {
    const answer = await openai.chat.completions.create({
      model: 'base',
      messages,
      temperature: 1,
      max_tokens: 1024,
    });
    return answer.choices[0]?.message.content ?? '';
  };
}

async function debate(ask: Ask, index: number): Promise<string | undefined> {
  const question = `What is the result of 3+4*5+6-7*${index}?`;
  const seats = [0, 1, 2];
  const answers = await Promise.all(seats.map(() => ask([{ role: 'user', content: question }])));
  const summaries = await Promise.all(
    seats.map((seat) =>
      ask([
        {
          role: 'user',
          content: `Summarise:\n${answers.filter((_one, other) => other !== seat).join('\n')}`,
        },
      ]),
    ),
  );
  const finals = await Promise.all(
    seats.map((seat) =>
      ask([
        { role: 'user', content: question },
        { role: 'assistant', content: answers[seat] ?? '' },
        { role: 'user', content: `Others: ${summaries[seat]}\n${question}` },
      ]),
    ),
  );
  const counts = new Map<string, number>();
  for (const final of finals) {
    const boxed = /\\boxed\{([^}]*)\}/.exec(final)?.[1];
    if (boxed !== undefined) counts.set(boxed, (counts.get(boxed) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

const ask = client === 'openai' ? askByOpenAi() : askByUndici();
const result = await measured(
  Number(debates),
  Number(width),
  async (index) => {
    if ((await debate(ask, index)) !== '29') throw new Error('the engine answered something else');
  },
  async () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
);
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
