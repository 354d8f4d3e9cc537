import { clientGone, type HttpServer, problems, toFirstError } from '@parley/platform';
import type { Operations } from '../operations.ts';
import { readPairs, readResponses } from '../requests.ts';
import { sendResults } from './results.ts';
import { ExtractionsBody, ExtractionsView, GradesBody, GradesView } from './schemas.ts';
import { extractionView, gradeView } from './views.ts';

/** POST /v1/grades and POST /v1/extractions. */
export function gradeRoutes(http: HttpServer, voting: Operations, bodyLimit: number): void {
  http.post(
    '/v1/grades',
    {
      bodyLimit,
      schema: {
        summary: 'Compare answers with references; both may be whole solutions or bare answers',
        tags: ['voting'],
        body: GradesBody,
        response: { 200: GradesView, ...problems },
      },
      validatorCompiler: toFirstError,
      serializerCompiler: () => JSON.stringify,
    },
    async ({ body }, reply) =>
      sendResults(reply, voting.grades(readPairs(body, 'body.'), clientGone(reply)), gradeView),
  );

  http.post(
    '/v1/extractions',
    {
      bodyLimit,
      schema: {
        summary: 'Find the final answers of responses, and where they stand',
        tags: ['voting'],
        body: ExtractionsBody,
        response: { 200: ExtractionsView, ...problems },
      },
      validatorCompiler: toFirstError,
      serializerCompiler: () => JSON.stringify,
    },
    async ({ body }, reply) =>
      sendResults(
        reply,
        voting.extractions(readResponses(body, 'body.'), clientGone(reply)),
        (extraction) => (extraction === undefined ? null : extractionView(extraction)),
      ),
  );
}
