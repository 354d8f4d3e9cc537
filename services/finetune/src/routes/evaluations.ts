import { type HttpServer, PageQuery, ParleyError, problems } from '@parley/platform';
import { Type } from 'typebox';
import type { FinetuneContext } from '../context.ts';
import { getEvaluation, INDEX } from '../work/stored.ts';
import { EvaluationList, EvaluationView } from './schemas.ts';

const tags = ['finetune'];

/** /v1/evaluations. */
export function evaluationRoutes(http: HttpServer, { store }: FinetuneContext): void {
  http.get(
    '/v1/evaluations',
    {
      schema: {
        summary: 'List evaluations: the newest first, or those of one cycle by iteration',
        tags,
        querystring: Type.Object(
          { ...PageQuery.properties, cycle: Type.Optional(Type.String({ maxLength: 100 })) },
          { additionalProperties: false },
        ),
        response: { 200: EvaluationList, ...problems },
      },
    },
    async ({ query: { limit, cursor, cycle } }) => {
      const after = cursor === undefined ? {} : { after: cursor };
      const { members, next } =
        cycle === undefined
          ? await store.range(INDEX.evaluations, { limit, reverse: true, ...after })
          : await store.range(INDEX.evaluationsOf(cycle), { limit, ...after });
      const evaluations = await Promise.all(members.map((member) => byMember(member)));
      return { evaluations, ...(next === undefined ? {} : { next }) };
    },
  );

  http.get(
    '/v1/evaluations/:cycle/:iteration',
    {
      schema: {
        summary: 'The evaluation of one iteration; iteration 0 is the untrained society',
        tags,
        params: Type.Object(
          {
            cycle: Type.String({ maxLength: 100 }),
            iteration: Type.Integer({ minimum: 0, maximum: 1000 }),
          },
          { additionalProperties: false },
        ),
        response: { 200: EvaluationView, ...problems },
      },
    },
    ({ params: { cycle, iteration } }) => getEvaluation(store, cycle, iteration),
  );

  function byMember(member: string) {
    const [cycle, iteration] = member.split('/');
    if (cycle === undefined || iteration === undefined)
      throw new ParleyError('DATA_CORRUPT', `'${member}' is no evaluation's name`);
    return getEvaluation(store, cycle, Number(iteration));
  }
}
