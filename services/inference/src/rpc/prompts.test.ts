import { DEFAULT_PROMPTS } from '@parley/platform';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startWorld, type World } from '../testing/world.ts';

let world: World;

beforeEach(async () => {
  world = await startWorld([]);
});

afterEach(() => world.close());

it("gives a society's prompts in full, and those of many by their versions", async () => {
  const prompts = { version: 'short', question: '{question}', separator: '' };
  const protocol = { rounds: 2, summaries: true, critics: true, prompts };
  await world.client.createSociety({ name: 'short', base: 'base', protocol });
  await world.client.createSociety({ name: 'plain', base: 'base' });
  const { society } = await world.client.getSociety({ name: 'short' });
  expect(society?.protocol?.prompts).toMatchObject({ ...DEFAULT_PROMPTS, ...prompts });
  const { societies } = await world.client.listSocieties({});
  const shown = societies.map((one) => [one.name, one.protocol?.prompts]);
  expect(shown).toMatchObject([
    ['short', { version: 'short' }],
    ['plain', { version: '1' }],
  ]);
  expect(societies.map((one) => one.protocol?.prompts?.question)).toEqual([undefined, undefined]);
});

it('refuses a template that is given as empty, naming it', async () => {
  const prompts = { version: 'short', question: '' };
  const request = { name: 'team', base: 'base', protocol: { prompts } };
  await expect(world.client.createSociety(request)).rejects.toMatchObject({
    reason: 'INVALID_ARGUMENT',
    field: 'protocol.prompts.question',
  });
});
