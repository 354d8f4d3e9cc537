import { type HttpServer, PageQuery, problems } from '@parley/platform';
import { Type } from 'typebox';
import type { DatasetContext } from '../context.ts';
import { COLLECTION_ID } from '../limits.ts';
import { DatasetDetail, DatasetView, pageOf } from './schemas.ts';
import { sendLines } from './send-lines.ts';

const tags = ['datasets'];
const IdParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 200 }) });
const ListQuery = Type.Object(
  { ...PageQuery.properties, collection: Type.Optional(Type.String(COLLECTION_ID)) },
  { additionalProperties: false },
);

/** /v1/datasets. */
export function datasetRoutes(http: HttpServer, { datasets, artifacts }: DatasetContext): void {
  http.get(
    '/v1/datasets',
    {
      schema: {
        summary: 'List datasets, of one collection or all',
        tags,
        querystring: ListQuery,
        response: { 200: pageOf('datasets', DatasetView), ...problems },
      },
    },
    async ({ query }) => {
      const { items, ...rest } = await datasets.list(query);
      return { datasets: items, ...rest };
    },
  );

  http.get(
    '/v1/datasets/:id',
    {
      schema: {
        summary: 'Get a dataset and its manifest',
        tags,
        params: IdParams,
        response: { 200: DatasetDetail, ...problems },
      },
    },
    async ({ params }) => {
      const dataset = await datasets.get(params.id);
      const text = Buffer.from(await artifacts.get(dataset.manifest)).toString();
      const content = JSON.parse(text) as unknown;
      return { ...dataset, manifest: { ...dataset.manifest, content } };
    },
  );

  http.get(
    '/v1/datasets/:id/rows',
    { schema: { summary: 'Download the rows of a dataset as JSONL', tags, params: IdParams } },
    async ({ params }, reply) => sendLines(reply, artifacts, await datasets.get(params.id)),
  );
}
