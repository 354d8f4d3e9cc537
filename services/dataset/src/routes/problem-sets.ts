import type { HttpServer } from '@parley/platform';
import { invalid, PageQuery, ParleyError, problems } from '@parley/platform';
import { Type } from 'typebox';
import { readProblems } from '../adapters/jsonl.ts';
import type { DatasetContext } from '../context.ts';
import { LIMITS } from '../domain/problem.ts';
import { Name, ProblemSetBody, ProblemSetView, pageOf, SplitParam } from './schemas.ts';
import { sendLines } from './send-lines.ts';

const tags = ['problem sets'];
const JSONL = 'application/x-ndjson';
const NameParams = Type.Object({ name: Name });
const SplitParams = Type.Object({ name: Name, split: SplitParam });

/** Uploads being read at once; each may take several times the limit of a split in memory. */
const MAX_UPLOADS = 2;

/** /v1/problem-sets. */
export function problemSetRoutes(
  http: HttpServer,
  { problemSets, artifacts }: DatasetContext,
): void {
  http.post(
    '/v1/problem-sets',
    {
      schema: {
        summary: 'Create a problem set: generated arithmetic, or empty for splits to be uploaded',
        tags,
        body: ProblemSetBody,
        response: { 200: ProblemSetView, ...problems },
      },
    },
    ({ body }) => problemSets.create(body),
  );

  http.get(
    '/v1/problem-sets',
    {
      schema: {
        summary: 'List problem sets, oldest first',
        tags,
        querystring: PageQuery,
        response: { 200: pageOf('problemSets', ProblemSetView), ...problems },
      },
    },
    async ({ query }) => {
      const { items, ...rest } = await problemSets.list(query);
      return { problemSets: items, ...rest };
    },
  );

  http.get(
    '/v1/problem-sets/:name',
    {
      schema: {
        summary: 'Get a problem set',
        tags,
        params: NameParams,
        response: { 200: ProblemSetView, ...problems },
      },
    },
    ({ params }) => problemSets.get(params.name),
  );

  http.get(
    '/v1/problem-sets/:name/splits/:split',
    { schema: { summary: 'Download a split as JSONL', tags, params: SplitParams } },
    async ({ params }, reply) => {
      const split = await problemSets.getSplit(params.name, params.split);
      return sendLines(reply, artifacts, split);
    },
  );

  uploadRoute(http, problemSets);
}

function uploadRoute(http: HttpServer, problemSets: DatasetContext['problemSets']): void {
  let uploads = 0;
  http.register((scope: HttpServer, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(JSONL, (_request, payload, parsed) => parsed(null, payload));
    scope.put(
      '/v1/problem-sets/:name/splits/:split',
      {
        bodyLimit: LIMITS.splitBytes,
        schema: {
          summary: 'Upload a split: one {"question","answer","id"?} a line; it never changes then',
          tags,
          consumes: [JSONL],
          params: SplitParams,
          response: { 200: ProblemSetView, ...problems },
        },
      },
      async ({ params, body }) => {
        if (!(body !== null && typeof body === 'object' && Symbol.asyncIterator in body))
          throw invalid('body', `must be sent as ${JSONL}`);
        await problemSets.get(params.name);
        if (uploads >= MAX_UPLOADS)
          throw new ParleyError('OVERLOADED', `${MAX_UPLOADS} uploads are being read already`, {
            retryAfter: 1,
          });
        uploads++;
        try {
          const content = await readProblems(body as AsyncIterable<Uint8Array>, params.split);
          return await problemSets.putSplit(params.name, params.split, content);
        } finally {
          uploads--;
        }
      },
    );
    done();
  });
}
