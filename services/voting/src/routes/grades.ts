import { clientGone, type HttpServer, problems } from '@parley/platform';
import type { Extracted } from '../domain/extract.ts';
import { grade } from '../domain/grade.ts';
import type { VotingMetrics } from '../metrics.ts';
import { inSlices } from '../slices.ts';
import { GradesBody, GradesView } from './schemas.ts';

/** POST /v1/grades. */
export function gradeRoutes(http: HttpServer, metrics: VotingMetrics, bodyLimit: number): void {
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
    },
    async ({ body: { task, pairs } }, reply) => {
      const results = await inSlices(
        pairs,
        (pair) => {
          const graded = grade(task, pair);
          metrics.countGrade(graded.equal);
          return {
            equal: graded.equal,
            answer: view(graded.answer),
            reference: view(graded.reference),
          };
        },
        clientGone(reply),
      );
      return { results };
    },
  );
}

function view({ answer, rule }: Extracted): { text: string; rule: string } {
  return { text: answer, rule };
}
