import { openArtifacts } from '@parley/platform';
import { expect, test } from 'vitest';
import type { BatchRecord } from './domain/batch.ts';
import { answer, startNeighbours } from './testing/neighbours.ts';
import { configFor, openBeside, startReplica, tempFolder, until } from './testing/replica.ts';
import { acceptBatch } from './work/batch-intake.ts';

const PROBLEMS = 1_500;

test('a long batch waits for room in the queue, and goes on in the next replica', async () => {
  const { folder, remove } = tempFolder();
  const neighbours = await startNeighbours();
  Object.assign(neighbours.behaviour, { agents: 1, rounds: 1, reply: () => 'silence' });
  const config = configFor(folder, neighbours);
  const artifacts = await openArtifacts(config.artifacts);
  const lines = Array.from({ length: PROBLEMS }, (_, at) =>
    JSON.stringify({ id: `p${at}`, question: `What is ${at}?` }),
  );
  const problems = await artifacts.put('problems.jsonl', Buffer.from(lines.join('\n')));
  const first = await startReplica(config);
  const beside = await openBeside(config);
  await acceptBatch(beside, { batch: 'long', template: { society: 'maths' }, problems, seed: 1 });
  const batch = async () => (await beside.store.get<BatchRecord>('long', 'batch'))?.value;
  await until(async () => ((await batch())?.done === 1_000 ? true : undefined));
  const { queued } = await beside.store.depth('debates.batch');
  expect(queued).toBeLessThanOrEqual(1_000 + config.batchConcurrency);

  await first.stop();
  neighbours.behaviour.reply = answer;
  neighbours.asked.length = 0;
  const second = await startReplica(config);
  await until(async () => ((await batch())?.status === 'created' ? true : undefined));
  await until(async () => {
    const depth = await beside.store.depth('debates.batch');
    return depth.queued === 0 ? true : undefined;
  });
  expect(await batch()).toMatchObject({ problems: PROBLEMS, done: PROBLEMS });
  expect(neighbours.calls()).toHaveLength(PROBLEMS);
  const { members } = await beside.store.range('debates', { limit: 2 * PROBLEMS });
  expect(members).toHaveLength(PROBLEMS);
  await second.stop();
  await beside.close();
  await neighbours.close();
  await remove();
}, 30_000);
