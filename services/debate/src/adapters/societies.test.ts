import { create } from '@bufbuild/protobuf';
import { completePrompts, DEFAULT_PROMPTS, ParleyError, type Prompts } from '@parley/platform';
import { GetSocietyResponseSchema } from '@parley/proto/inference';
import { expect, test } from 'vitest';
import { societyCache } from './societies.ts';

/** A lookup that counts, over a clock that the test moves. */
function counted() {
  const state = {
    lookups: 0,
    now: 0,
    failure: undefined as ParleyError | undefined,
    prompts: undefined as Readonly<Prompts> | undefined,
  };
  const inference = {
    async getSociety({ name }: { name?: string }) {
      state.lookups += 1;
      if (state.failure) throw state.failure;
      return create(GetSocietyResponseSchema, {
        society: {
          name: name ?? '',
          agents: 3,
          currentRevision: state.lookups,
          latestRevision: state.lookups,
          protocol: { rounds: 2, ...(state.prompts ? { prompts: state.prompts } : {}) },
        },
      });
    },
  };
  return { state, societies: societyCache(inference, () => state.now) };
}

test('a society is remembered for five seconds', async () => {
  const { state, societies } = counted();
  await Promise.all([societies.get('a'), societies.get('a')]);
  state.now = 4_999;
  expect((await societies.get('a')).currentRevision).toBe(1);
  state.now = 5_000;
  expect((await societies.get('a')).currentRevision).toBe(2);
});

test('a changed society is looked up again', async () => {
  const { societies } = counted();
  await societies.get('a');
  societies.forget('a');
  expect((await societies.get('a')).currentRevision).toBe(2);
});

test('a society is looked up again for a revision that is newer than what is remembered', async () => {
  const { societies } = counted();
  await societies.get('a', 1);
  expect((await societies.get('a', 2)).latestRevision).toBe(2);
  expect((await societies.get('a', 2)).latestRevision).toBe(2);
});

test('a society has the prompts that inference describes, if they are its own', async () => {
  const { state, societies } = counted();
  expect(await societies.get('older')).not.toHaveProperty('prompts');
  state.prompts = DEFAULT_PROMPTS;
  expect(await societies.get('plain')).not.toHaveProperty('prompts');
  const own = completePrompts({ version: 'mine', separator: '' }, 'prompts');
  state.prompts = own;
  expect((await societies.get('own')).prompts).toEqual(own);
  state.prompts = { ...own, question: '{question} {mood}' };
  await expect(societies.get('newer')).rejects.toMatchObject({
    reason: 'DATA_CORRUPT',
    message: expect.stringMatching(/'newer'.*prompts\.question: .*\{mood\}/),
  });
});

test('a failure is not remembered', async () => {
  const { state, societies } = counted();
  state.failure = new ParleyError('NOT_FOUND', 'none');
  await expect(societies.get('a')).rejects.toMatchObject({
    reason: 'NOT_FOUND',
    field: 'society',
    message: "society: there is no society 'a'",
  });
  state.failure = undefined;
  expect((await societies.get('a')).agents).toBe(3);
});
