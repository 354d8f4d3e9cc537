import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Environment, withDefaults } from '@parley/platform';
import type { DemoModel } from './model.ts';

const LOOK_MS = 10_000;
/** An answer's share of what the model can read and write: the last critic's prompt holds three answers. */
const ANSWER_SHARE = 4;
const MOST_TOKENS = 1024;

type ModelCard = { id: string; parent?: string | null; max_model_len?: number | null };

/**
 * The base model that running engines serve.
 * @param engines base URLs of vLLM servers that serve the same model.
 * @param environment further settings of the services, such as an API key or an embedding server.
 * @param trains whether the local trainer is to finetune it.
 * @throws Error that says what is wrong with which engine, or with the trainer's installation.
 */
export async function openServedModel(
  engines: readonly string[],
  environment: Environment,
  trains: boolean,
): Promise<DemoModel> {
  const cards = await Promise.all(
    engines.map((url) => baseCard(url, environment.PARLEY_ENGINE_API_KEY)),
  );
  const [card] = cards;
  if (card === undefined) throw new Error('no engine is named');
  const other = cards.findIndex(({ id }) => id !== card.id);
  if (other > 0)
    throw new Error(
      `${engines[0]} serves ${card.id} and ${engines[other]} serves ${cards[other]?.id}; all must serve one model`,
    );
  const trainer: Environment = trains ? { PARLEY_TRAINER: await localTrainer() } : {};
  return {
    description: `${card.id} at ${engines.join(', ')}`,
    note: 'One seed is one draw: a standard error covers the choice of problems, not that of the seed.',
    base: card.id,
    protocol: { sampling: { maxTokens: answerTokens(card) } },
    arithmetic: {},
    method: trains ? {} : null,
    environment: withDefaults(environment, { PARLEY_ENGINES: engines.join(','), ...trainer }),
    async close() {},
  };
}

function answerTokens({ max_model_len: length }: ModelCard): number {
  return Math.min(MOST_TOKENS, Math.floor((length ?? Infinity) / ANSWER_SHARE));
}

async function baseCard(url: string, apiKey: string | undefined): Promise<ModelCard> {
  const path = `${url.replace(/\/+$/, '')}/v1/models`;
  let response: Response;
  try {
    response = await fetch(path, {
      headers: apiKey ? { authorization: `Bearer ${apiKey}` } : {},
      signal: AbortSignal.timeout(LOOK_MS),
    });
  } catch (cause) {
    throw new Error(`no engine answers at ${path}`, { cause });
  }
  if (!response.ok)
    throw new Error(
      `${path} answers ${response.status}${response.status === 401 ? '; set PARLEY_ENGINE_API_KEY' : ''}`,
    );
  const { data } = (await response.json()) as { data: ModelCard[] };
  const card = data.find(({ parent }) => parent === undefined || parent === null);
  if (card === undefined) throw new Error(`${path} lists no base model`);
  return card;
}

/** Installs the trainer unless it is there; its command. */
async function localTrainer(): Promise<string> {
  const file = (name: string) =>
    fileURLToPath(new URL(`../../../trainer/${name}`, import.meta.url));
  await promisify(execFile)('bash', [file('environment.sh')]);
  return JSON.stringify(['bash', file('run.sh'), '--exit-with-parent']);
}
