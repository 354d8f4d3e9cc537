import { afterAll, beforeEach, expect, test } from 'vitest';
import { openFixture } from './testing/fixture.ts';
import { answer } from './testing/neighbours.ts';
import { openBeside, post, until } from './testing/replica.ts';

const fixture = await openFixture();
beforeEach(fixture.reset);
afterAll(fixture.close);

const question = { society: 'maths', question: 'What is 1+1?', seed: 7 };

type Event = { id: string; event: string; data: { seat?: string; status?: string } };

/** The events of a debate, as a client over HTTP sees them, up to the end of the stream or of `most`. */
async function events(id: string, lastEventId?: string, most = 100): Promise<Event[]> {
  const response = await fetch(`${fixture.replica.http}/v1/debates/${id}/events`, {
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const seen: Event[] = [];
  let text = '';
  if (!response.body) throw new Error('no body');
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const parsed = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block);
      if (parsed?.[1] && parsed[2] && parsed[3])
        seen.push({ id: parsed[1], event: parsed[2], data: JSON.parse(parsed[3]) });
    }
    if (seen.length >= most) return seen;
  }
  return seen;
}

test('turns arrive as they happen, then the end, then the stream ends', async () => {
  const { replica, neighbours } = fixture;
  let open = false;
  neighbours.behaviour.reply = async (call) => {
    if (call.seat === 'critic-2') await until(() => open || undefined);
    return answer(call);
  };
  const { body } = await post(replica, question);
  const live = events(body.id);
  expect(await events(body.id, undefined, 8)).toHaveLength(8);
  open = true;
  const seen = await live;
  expect(seen.map(({ id }) => id)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
  expect(seen.at(-1)).toMatchObject({ event: 'ended', data: { status: 'completed' } });
  expect(seen[8]?.data.seat).toBe('critic-2');
});

test('Last-Event-ID resumes behind an event, also from the transcript once the stream is gone', async () => {
  const { replica } = fixture;
  const { body } = await post(replica, question, { prefer: 'wait=10' });
  const whole = await events(body.id);
  expect(await events(body.id, '7')).toEqual(whole.slice(7));
  expect(await events(body.id, '10')).toEqual([]);

  const beside = await openBeside(replica.config);
  await until(async () => {
    await beside.store.commit(body.id, [{ op: 'expire', stream: 'turns', at: 1 }]);
    const left = await beside.store.read(body.id, 'turns', { after: 0, limit: 1 });
    return left.length === 0 ? true : undefined;
  });
  await beside.close();
  expect(await events(body.id)).toEqual(whole);
  expect(await events(body.id, '7')).toEqual(whole.slice(7));
  expect(await events(body.id, '10')).toEqual([]);
});

test('a Last-Event-ID that is none is refused', async () => {
  const { replica } = fixture;
  const { body } = await post(replica, question, { prefer: 'wait=10' });
  const response = await fetch(`${replica.http}/v1/debates/${body.id}/events`, {
    headers: { 'last-event-id': 'x' },
  });
  expect(response.status).toBe(400);
});
