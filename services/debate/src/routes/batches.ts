import { type HttpServer, PageQuery, problems } from '@parley/platform';
import type { DebateContext } from '../context.ts';
import { batchView } from '../domain/batch.ts';
import { cancelBatch } from '../work/batch-cancel.ts';
import { acceptBatch } from '../work/batch-intake.ts';
import { listBatches } from '../work/list.ts';
import { getBatch } from '../work/stored.ts';
import { BatchBody, BatchList, BatchSchema, DebateParams } from './schemas.ts';

const tags = ['batches'];

/** Registers /v1/batches. */
export function addBatchRoutes(http: HttpServer, context: DebateContext): void {
  http.post(
    '/v1/batches',
    {
      schema: {
        tags,
        summary: 'Ask for a debate over each problem of a file; idempotent by the id',
        description:
          'The same as an event parley.debates.requested. The society and the problems are looked at when ' +
          'the batch begins: what is wrong with them is the reason of a failed batch.',
        body: BatchBody,
        response: { 202: BatchSchema, ...problems },
      },
    },
    async ({ body }, reply) => {
      const { id, problems: file, seed, ...template } = body;
      await acceptBatch(context, {
        batch: id,
        template: { ...template, batch: id },
        problems: file,
        seed,
      });
      reply.code(202).header('location', `/v1/batches/${id}`);
      return batchView(id, await getBatch(context.store, id));
    },
  );

  http.get(
    '/v1/batches',
    {
      schema: {
        tags,
        summary: 'List batches, newest first',
        querystring: PageQuery,
        response: { 200: BatchList, ...problems },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      return listBatches(context.store, limit, cursor);
    },
  );

  http.get(
    '/v1/batches/:id',
    {
      schema: {
        tags,
        summary: 'A batch and how far it is',
        params: DebateParams,
        response: { 200: BatchSchema, ...problems },
      },
    },
    async (request) => {
      const { id } = request.params;
      return batchView(id, await getBatch(context.store, id));
    },
  );

  http.post(
    '/v1/batches/:id/cancel',
    {
      schema: {
        tags,
        summary: 'Cancel a batch and its debates that have not ended; one that has failed stays so',
        description:
          'Its debates end soon after. An unknown batch is stored as cancelled: a request for it that ' +
          'comes later starts nothing.',
        params: DebateParams,
        response: { 200: BatchSchema, ...problems },
      },
    },
    async (request) => {
      const { id } = request.params;
      return batchView(id, await cancelBatch(context, id));
    },
  );
}
