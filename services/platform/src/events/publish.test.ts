import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StringValue, StringValueSchema } from '@bufbuild/protobuf/wkt';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeliveredEvent, Events } from './port.ts';
import { emit, handleEvents } from './publish.ts';
import { openSqliteEvents } from './sqlite.ts';
import { deadLetterTopic, TOPICS } from './topics.ts';

const topic = TOPICS.debatesEnded;

describe('emit and handleEvents', () => {
  let folder = '';
  let events: Events;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-publish-'));
    events = openSqliteEvents(join(folder, 'parley.db'));
  });
  afterEach(async () => {
    await events.close();
    await rm(folder, { recursive: true });
  });

  it('carries a message from one to the other', async () => {
    const seen: [StringValue, DeliveredEvent][] = [];
    await handleEvents(events, StringValueSchema, {
      topic,
      group: 'g',
      handle: async (message, event) => {
        seen.push([message, event]);
      },
    });
    const { event } = emit(
      StringValueSchema,
      { value: 'héllo' },
      { topic, key: 'd1', source: 'debate' },
    );
    await events.publish([event]);
    await vi.waitFor(() => expect(seen).toHaveLength(1));
    expect(seen[0]?.[0].value).toBe('héllo');
    expect(seen[0]?.[1]).toMatchObject({
      key: 'd1',
      source: 'debate',
      type: 'google.protobuf.StringValue',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  it('puts what cannot be decoded, or is something else, among the dead letters at once', async () => {
    const handle = vi.fn(async () => {});
    const letters: DeliveredEvent[] = [];
    await handleEvents(events, StringValueSchema, { topic, group: 'g', handle });
    await events.subscribe({
      topic: deadLetterTopic(topic),
      group: 'g',
      handle: async (letter) => {
        letters.push(letter);
      },
    });
    const options = { topic, key: 'd1', source: 'debate' };
    const { event } = emit(StringValueSchema, { value: 'x' }, options);
    await events.publish([
      { ...event, id: 'broken', data: new Uint8Array([255, 255]) },
      { ...event, id: 'other', type: 'google.protobuf.Empty' },
    ]);
    await vi.waitFor(() => expect(letters).toHaveLength(2));
    expect(letters.map(({ id }) => id)).toEqual(['broken', 'other']);
    expect(letters[0]?.error).toContain('DATA_CORRUPT');
    expect(handle).not.toHaveBeenCalled();
  });

  it('refuses a message that is larger than an event may be', () => {
    const large = { value: 'x'.repeat(256 * 1024) };
    const options = { topic, key: 'd1', source: 'debate' };
    expect(() => emit(StringValueSchema, large, options)).toThrow(/at most 262144/);
  });
});
