import {
  clientGone,
  type HttpServer,
  invalid,
  KEEP_ALIVE,
  PageQuery,
  preferredWait,
  problems,
  type ServerSentEvent,
  sendEvents,
} from '@parley/platform';
import { Type } from 'typebox';
import type { DebateContext } from '../context.ts';
import { idFromKey } from '../domain/ids.ts';
import { acceptDebate } from '../work/accept.ts';
import { cancelDebate } from '../work/cancel.ts';
import { listDebates } from '../work/list.ts';
import { getRecord, turnsOfDebate } from '../work/stored.ts';
import { type Watched, waitForEnd, watchDebate } from '../work/watch.ts';
import { debateView, fullDebateView } from './present.ts';
import { CreateBody, DebateList, DebateParams, DebateView, FullDebateView } from './schemas.ts';

const MAX_WAIT_SECONDS = 300;
const tags = ['debates'];

/** Registers /v1/debates. */
export function addDebateRoutes(http: HttpServer, context: DebateContext): void {
  http.post(
    '/v1/debates',
    {
      schema: {
        tags,
        summary: 'Start a debate',
        description:
          'With `Prefer: wait=N` waits up to N seconds (at most 300) for the end: 201 with the whole ' +
          'debate; else 202. An `Idempotency-Key` makes a repetition answer with the same debate.',
        headers: Type.Object({
          'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
          prefer: Type.Optional(Type.String()),
        }),
        body: CreateBody,
        response: { 201: FullDebateView, 202: FullDebateView, ...problems },
      },
    },
    async (request, reply) => {
      const key = request.headers['idempotency-key'];
      const id = key === undefined ? undefined : idFromKey(key);
      const { record } = await acceptDebate(context, request.body, { id, trace: request.id });
      reply.header('location', `/v1/debates/${record.id}`);
      const wait = Math.min(preferredWait(request) ?? 0, MAX_WAIT_SECONDS);
      if (wait > 0) {
        reply.header('preference-applied', `wait=${wait}`);
        const ended = await waitForEnd(
          context,
          record,
          wait * 1000,
          clientGone(reply, context.closing),
        );
        if (ended) return reply.code(201).send(fullDebateView(ended.record, ended.turns));
      }
      return reply.code(202).send(debateView(record));
    },
  );

  http.get(
    '/v1/debates',
    {
      schema: {
        tags,
        summary: 'List debates, newest first',
        querystring: PageQuery,
        response: { 200: DebateList, ...problems },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const { debates, next } = await listDebates(context.store, limit, cursor);
      return { debates: debates.map(debateView), ...(next === undefined ? {} : { next }) };
    },
  );

  http.get(
    '/v1/debates/:id',
    {
      schema: {
        tags,
        summary: 'A debate with its turns',
        params: DebateParams,
        response: { 200: FullDebateView, ...problems },
      },
    },
    async (request) => {
      const { value: record } = await getRecord(context.store, request.params.id);
      return fullDebateView(record, await turnsOfDebate(context, record));
    },
  );

  http.get(
    '/v1/debates/:id/events',
    {
      schema: {
        tags,
        summary: 'The turns of a debate as they happen, as server-sent events',
        description:
          'Events `turn` and `ended`, whose ids are sequence numbers; `Last-Event-ID` resumes behind ' +
          'one. The stream ends after `ended`.',
        params: DebateParams,
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String()) }),
        response: problems,
      },
    },
    async (request, reply) => {
      const after = sequenceOf(request.headers['last-event-id']);
      const { value } = await getRecord(context.store, request.params.id);
      return sendEvents(
        reply,
        sse(watchDebate(context, value, after, clientGone(reply, context.closing))),
      );
    },
  );

  http.post(
    '/v1/debates/:id/cancel',
    {
      schema: {
        tags,
        summary: 'Cancel a debate; one that has ended stays as it is',
        params: DebateParams,
        response: { 200: DebateView, ...problems },
      },
    },
    async (request) => debateView(await cancelDebate(context, request.params.id)),
  );
}

async function* sse(
  watched: AsyncIterable<Watched>,
): AsyncGenerator<ServerSentEvent | typeof KEEP_ALIVE> {
  for await (const seen of watched) {
    if (seen.type === 'quiet') yield KEEP_ALIVE;
    else {
      const data = seen.type === 'turn' ? seen.turn : debateView(seen.record);
      yield { id: String(seen.sequence), event: seen.type, data };
    }
  }
}

function sequenceOf(header: string | undefined): number {
  if (header === undefined || header === '') return 0;
  if (!/^\d{1,9}$/.test(header))
    throw invalid('headers.last-event-id', 'must be the id of an event of this stream');
  return Number(header);
}
