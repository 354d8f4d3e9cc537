import { clientGone, type HttpServer, PageQuery, problems } from '@parley/platform';
import { Type } from 'typebox';
import type { DatasetContext } from '../context.ts';
import { COLLECTION_ID } from '../limits.ts';
import { seal } from '../work/seal.ts';
import { CollectionBody, CollectionView, DatasetView, pageOf, SealBody } from './schemas.ts';

const tags = ['collections'];
const IdParams = Type.Object({ id: Type.String(COLLECTION_ID) });

/** /v1/collections. */
export function collectionRoutes(http: HttpServer, context: DatasetContext): void {
  const { collections } = context;

  http.post(
    '/v1/collections',
    {
      schema: {
        summary: 'Open a collection: one debate is expected for each problem of a split',
        tags,
        body: CollectionBody,
        response: { 200: CollectionView, ...problems },
      },
    },
    ({ body }) => collections.open(body),
  );

  http.get(
    '/v1/collections',
    {
      schema: {
        summary: 'List collections, newest first',
        tags,
        querystring: PageQuery,
        response: { 200: pageOf('collections', CollectionView), ...problems },
      },
    },
    async ({ query }) => {
      const { items, ...rest } = await collections.list(query);
      return { collections: items, ...rest };
    },
  );

  http.get(
    '/v1/collections/:id',
    {
      schema: {
        summary: 'Get a collection: how many debates have ended, and whether it is filled',
        tags,
        params: IdParams,
        response: { 200: CollectionView, ...problems },
      },
    },
    ({ params }) => collections.get(params.id),
  );

  http.post(
    '/v1/collections/:id/seal',
    {
      schema: {
        summary: 'Assemble a filled training collection into datasets; repeating it gives the same',
        tags,
        params: IdParams,
        body: SealBody,
        response: { 200: Type.Object({ datasets: Type.Array(DatasetView) }), ...problems },
      },
    },
    async ({ params, body }, reply) => ({
      datasets: await seal(context, { ...body, collection: params.id }, clientGone(reply)),
    }),
  );
}
