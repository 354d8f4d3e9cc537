import {
  clientGone,
  type HttpServer,
  invalid,
  PageQuery,
  problems,
  sendEvents,
} from '@parley/platform';
import { type Static, Type } from 'typebox';
import type { FinetuneContext } from '../context.ts';
import { iterationReport } from '../domain/report.ts';
import { type CycleSpec, DEFAULTS, LIMITS } from '../domain/spec.ts';
import { controlCycle } from '../work/control.ts';
import { createCycle } from '../work/create.ts';
import { endedIterations, getCycle, INDEX, type Stored } from '../work/stored.ts';
import { cycleEvents } from './cycle-events.ts';
import { CycleList, CycleRequest, CycleSummary, CycleView, NameParams } from './schemas.ts';
import { cycleSummary, cycleView } from './views.ts';

const tags = ['finetune'];

/** /v1/cycles. `closing` ends the event streams. */
export function cycleRoutes(
  http: HttpServer,
  context: FinetuneContext,
  closing: AbortSignal,
): void {
  const { store } = context;

  http.post(
    '/v1/cycles',
    {
      schema: {
        summary: 'Start a cycle; the same request again gives the cycle that it started',
        tags,
        body: CycleRequest,
        response: { 200: CycleSummary, 201: CycleSummary, ...problems },
      },
    },
    async ({ body }, reply) => {
      const { record, created } = await createCycle(context, specOf(body), clientGone(reply));
      return reply
        .code(created ? 201 : 200)
        .header('location', `/v1/cycles/${record.spec.name}`)
        .send(cycleSummary(record));
    },
  );

  http.get(
    '/v1/cycles',
    {
      schema: {
        summary: 'List cycles, the newest first',
        tags,
        querystring: PageQuery,
        response: { 200: CycleList, ...problems },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const { members, next } = await store.range(INDEX.cycles, {
        limit,
        reverse: true,
        ...(cursor === undefined ? {} : { after: cursor }),
      });
      const cycles = await Promise.all(members.map((name) => getCycle(store, name)));
      return {
        cycles: cycles.map(({ record }) => cycleSummary(record)),
        ...(next === undefined ? {} : { next }),
      };
    },
  );

  http.get(
    '/v1/cycles/:name',
    {
      schema: {
        summary: 'A cycle with the reports of its ended iterations',
        tags,
        params: NameParams,
        response: { 200: CycleView, ...problems },
      },
    },
    async ({ params: { name } }) => fullView(await getCycle(store, name)),
  );

  for (const [action, type] of [
    ['pause', 'paused'],
    ['resume', 'resumed'],
    ['cancel', 'cancelled'],
  ] as const)
    http.post(
      `/v1/cycles/:name/${action}`,
      {
        schema: {
          summary: ACTIONS[action],
          tags,
          params: NameParams,
          response: { 200: CycleSummary, ...problems },
        },
      },
      async ({ params: { name } }) =>
        cycleSummary((await controlCycle(context, name, type)).record),
    );

  http.get(
    '/v1/cycles/:name/events',
    {
      schema: {
        summary: 'Changes of a cycle as server-sent events, until it has ended',
        tags,
        params: NameParams,
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ maxLength: 20 })) }),
        response: { ...problems },
      },
    },
    async ({ params: { name }, headers }, reply) => {
      const after = sequenceOf(headers['last-event-id']);
      const { record } = await getCycle(store, name);
      const signal = clientGone(reply, closing);
      return sendEvents(reply, cycleEvents(store, record.spec.name, after, signal));
    },
  );

  async function fullView({ record }: Stored): Promise<CycleView> {
    const iterations = await endedIterations(store, record);
    return cycleView(
      record,
      iterations.map((ended) => iterationReport(ended.record, ended.evaluation)),
    );
  }
}

const ACTIONS = {
  pause: 'Begin nothing new; debates and training jobs that run may end',
  resume: 'Go on with a paused cycle',
  cancel: 'End a cycle and its training jobs for good',
} as const;

/** The request with its defaults. */
function specOf(body: Static<typeof CycleRequest>): CycleSpec {
  const { method = {}, gate } = body;
  const bytes = Buffer.byteLength(JSON.stringify(method));
  if (bytes > LIMITS.methodBytes)
    throw invalid(
      'body.method',
      `is ${bytes} bytes of JSON; at most ${LIMITS.methodBytes} are allowed`,
    );
  const { seed, weight, pooling } = DEFAULTS;
  return { seed, weight, pooling, ...body, method, gate: { ...DEFAULTS.gate, ...gate } };
}

function sequenceOf(lastEventId: string | undefined): number {
  if (lastEventId === undefined) return 0;
  if (/^\d{1,15}$/.test(lastEventId)) return Number(lastEventId);
  throw invalid('headers.last-event-id', 'must be the id of an event of this stream');
}
