import {
  createGrpcClient,
  emit,
  openArtifacts,
  openEvents,
  ParleyError,
  TOPICS,
} from '@parley/platform';
import { DebateService, DebatesRequestedSchema } from '@parley/proto/debate';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { DebateContext } from './context.ts';
import { BATCH_KEPT, type BatchView } from './domain/batch.ts';
import { batchDebateId } from './domain/ids.ts';
import { KEPT } from './domain/record.ts';
import { openFixture } from './testing/fixture.ts';
import { answer } from './testing/neighbours.ts';
import { configFor, get, openBeside, startReplica, tempFolder, until } from './testing/replica.ts';
import { sweepBatch } from './work/batch-cancel.ts';
import { acceptBatch } from './work/batch-intake.ts';

const fixture = await openFixture();
const { replica, neighbours } = fixture;
const beside = await openBeside(replica.config);
const artifacts = await openArtifacts(replica.config.artifacts);
const client = createGrpcClient(DebateService, {
  address: replica.grpc,
  defaultDeadlineMs: 10_000,
});
beforeEach(() => {
  fixture.reset();
  Object.assign(neighbours.behaviour, { agents: 1, rounds: 1, reply: () => 'silence' });
});
afterAll(async () => {
  client.close();
  await beside.close();
  await fixture.close();
});

async function accept(batch: string, count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, at) =>
    JSON.stringify({ id: `p${at}`, question: `What is ${at}?` }),
  );
  const problems = await artifacts.put(`${batch}.jsonl`, Buffer.from(lines.join('\n')));
  await acceptBatch(beside, { batch, template: { society: 'maths' }, problems, seed: 1 });
}

function requestFor(batch: string, task: string) {
  const { event } = emit(
    DebatesRequestedSchema,
    { batch, template: { society: 'maths', task }, problemsUri: 'artifact:none' },
    { topic: TOPICS.debatesRequested, key: batch, source: 'test' },
  );
  return event;
}

async function publish(batch: string, task = 'arithmetic'): Promise<void> {
  await beside.events.publish([requestFor(batch, task)]);
  await until(async () =>
    (await beside.events.lag(TOPICS.debatesRequested, 'debate')) === 0 ? true : undefined,
  );
}

async function shown(id: string): Promise<{ status: number; body: BatchView }> {
  const { status, body } = await get(replica, `/v1/batches/${id}`);
  return { status, body: body as unknown as BatchView };
}

const reached = (id: string, is: (view: BatchView) => boolean) =>
  until(async () => {
    const { body } = await shown(id);
    return is(body) ? body : undefined;
  });

/** Until no debate of the service waits or runs, and none is being cancelled. */
const quiet = () =>
  until(async () => {
    const depths = await Promise.all(
      ['debates.batch', BATCH_KEPT.queue, BATCH_KEPT.sweeps].map((queue) =>
        beside.store.depth(queue),
      ),
    );
    return depths.every(({ queued }) => queued === 0) ? true : undefined;
  });

async function statuses(batch: string, count: number): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (let at = 0; at < count; at++) {
    const id = batchDebateId(batch, `p${at}`);
    const stored = await beside.store.get<{ status: string }>(id, KEPT.record);
    const status = stored?.value.status ?? 'absent';
    found[status] = (found[status] ?? 0) + 1;
  }
  return found;
}

describe('a cancelled batch', () => {
  test('creates nothing more, and its debates end as cancelled', async () => {
    await accept('stop', 1_500);
    await reached('stop', ({ created }) => created === 1_000);
    const { batch } = await client.cancelBatch({ id: 'stop' });
    expect(batch).toMatchObject({ status: 'cancelled', reason: 'CANCELLED', total: 1_500 });
    await quiet();
    expect(await statuses('stop', 1_500)).toEqual({ cancelled: 1_000, absent: 500 });
    expect((await shown('stop')).body).toMatchObject({ status: 'cancelled', created: 1_000 });
    expect((await client.cancelBatch({ id: 'stop' })).batch).toEqual(batch);
    await quiet();
  });

  test('keeps the debates that have ended', async () => {
    neighbours.behaviour.reply = ({ messages }) =>
      messages[0]?.content.includes('What is 0?') ? { text: '\\boxed{1}' } : 'silence';
    await accept('some', 3);
    await reached('some', ({ status }) => status === 'created');
    await until(async () => ((await statuses('some', 3)).completed === 1 ? true : undefined));
    const response = await replica.host.http.inject({
      method: 'POST',
      url: '/v1/batches/some/cancel',
    });
    expect(response.json()).toMatchObject({ status: 'cancelled', total: 3, created: 3 });
    await quiet();
    expect(await statuses('some', 3)).toEqual({ completed: 1, cancelled: 2 });
  });

  test('that was unknown does not begin when its request comes', async () => {
    const { batch } = await client.cancelBatch({ id: 'early' });
    expect(batch).toMatchObject({ id: 'early', status: 'cancelled', total: 0 });
    await publish('early');
    expect((await shown('early')).body).toMatchObject({ status: 'cancelled', created: 0 });
    expect((await beside.store.depth(BATCH_KEPT.queue)).queued).toBe(0);
  });

  test('that was cut off in the middle of being cancelled is swept by the next replica', async () => {
    await accept('left', 500);
    await reached('left', ({ status }) => status === 'created');
    const stopped = new AbortController();
    const { store } = beside;
    let commits = 0;
    const dying: typeof store = {
      ...store,
      async commit(owner, operations) {
        commits += 1;
        if (commits > 100) stopped.abort();
        stopped.signal.throwIfAborted();
        return store.commit(owner, operations);
      },
      get: (owner, name) => store.get(owner, name),
    };
    const lease = { queue: BATCH_KEPT.sweeps, id: 'left', holder: 'x', token: 0, expiresAt: 0 };
    const context = { store: dying, artifacts, holder: 'x', runners: new Map() };
    await expect(
      sweepBatch(context as unknown as DebateContext, lease, stopped.signal),
    ).rejects.toMatchObject({ reason: 'CANCELLED' });
    expect((await statuses('left', 500)).cancelled).toBeUndefined();
    await client.cancelBatch({ id: 'left' });
    await quiet();
    expect(await statuses('left', 500)).toEqual({ cancelled: 500 });
  });
});

test('a request for a batch is tried until the store is back', async () => {
  const other = tempFolder();
  const config = configFor(other.folder, neighbours);
  const { store, close } = await openBeside(config);
  const owners: string[] = [];
  const flaky: typeof store = {
    ...store,
    async commit(owner, operations) {
      if (owner === 'late' && owners.push(owner) <= 7)
        throw new ParleyError('UNAVAILABLE', 'the store is away');
      return store.commit(owner, operations);
    },
  };
  const second = await startReplica(config, { store: flaky });
  const events = await openEvents(config.events);
  await events.publish([requestFor('late', 'arithmetic')]);
  await until(async () => {
    const { status } = await get(second, '/v1/batches/late');
    return status === 200 ? true : undefined;
  });
  expect(owners.length).toBeGreaterThan(7);
  await second.stop();
  await events.close();
  await close();
  await other.remove();
});

describe('a batch is shown', () => {
  test('with its progress, newest first in the list, page by page', async () => {
    neighbours.behaviour.reply = answer;
    await accept('view-1', 2);
    await reached('view-1', ({ status }) => status === 'created');
    await accept('view-2', 3);
    await reached('view-2', ({ status }) => status === 'created');
    const { batch } = await client.getBatch({ id: 'view-2' });
    expect(batch).toMatchObject({ status: 'created', reason: '', total: 3, created: 3 });
    expect((await shown('view-2')).body).toMatchObject({ id: 'view-2', total: 3 });
    const list = async (query: string) =>
      (await get(replica, `/v1/batches?${query}`)).body as unknown as {
        batches: BatchView[];
        next: string;
      };
    const first = await list('limit=1');
    expect(first.batches.map(({ id }) => id)).toEqual(['view-2']);
    const second = await list(`limit=1&cursor=${encodeURIComponent(first.next)}`);
    expect(second.batches.map(({ id }) => id)).toEqual(['view-1']);
  });

  test('as failed with its reason when its event can never be accepted', async () => {
    await publish('malformed', 'poetry');
    expect((await shown('malformed')).body).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^INVALID_ARGUMENT: spec\.task: must be one of/),
    });
    const { batch } = await client.cancelBatch({ id: 'malformed' });
    expect(batch).toMatchObject({ status: 'failed' });
  });

  test('or refused when there is none of that id, or none can have it', async () => {
    await expect(client.getBatch({ id: 'none' })).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    await expect(client.cancelBatch({ id: 'a/b' })).rejects.toMatchObject({
      reason: 'INVALID_ARGUMENT',
      field: 'id',
    });
    expect((await shown('none')).status).toBe(404);
  });
});
