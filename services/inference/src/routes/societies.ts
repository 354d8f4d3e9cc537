import { type HttpServer, PageQuery, problems } from '@parley/platform';
import type { InferenceContext } from '../context.ts';
import { listedSociety, societyView } from './present.ts';
import { CreateBody, SocietyList, SocietyParams, SocietyView } from './schemas.ts';

const tags = ['societies'];

/** Registers /v1/societies. */
export function addSocietyRoutes(http: HttpServer, { registry, cache }: InferenceContext): void {
  http.post(
    '/v1/societies',
    {
      schema: {
        tags,
        summary: 'Create a society, whose revision 1 is the base model on every seat',
        description: 'An equal request answers with the society that exists.',
        body: CreateBody,
        response: { 201: SocietyView, ...problems },
      },
    },
    async (request, reply) => {
      const society = await registry.create(request.body);
      await cache.refresh(society.name);
      reply.header('location', `/v1/societies/${society.name}`);
      return reply.code(201).send(societyView(society));
    },
  );

  http.get(
    '/v1/societies',
    {
      schema: {
        tags,
        summary: 'List societies, oldest first',
        querystring: PageQuery,
        response: { 200: SocietyList, ...problems },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const page = { limit, ...(cursor === undefined ? {} : { after: cursor }) };
      const { societies, next } = await registry.list(page);
      return { societies: societies.map(listedSociety), ...(next === undefined ? {} : { next }) };
    },
  );

  http.get(
    '/v1/societies/:name',
    {
      schema: {
        tags,
        summary: 'A society',
        params: SocietyParams,
        response: { 200: SocietyView, ...problems },
      },
    },
    async ({ params }) => societyView((await registry.society(params.name)).value),
  );
}
