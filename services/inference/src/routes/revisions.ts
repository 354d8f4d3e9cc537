import { randomUUID } from 'node:crypto';
import { type HttpServer, invalid, PageQuery, problems, sha256 } from '@parley/platform';
import { Type } from 'typebox';
import type { InferenceContext } from '../context.ts';
import { revisionView, societyView } from './present.ts';
import {
  AddRevisionBody,
  RevisionList,
  RevisionParams,
  RevisionView,
  SocietyParams,
  SocietyView,
} from './schemas.ts';

const tags = ['societies'];

/** Registers /v1/societies/:name/revisions. */
export function addRevisionRoutes(http: HttpServer, { registry, cache }: InferenceContext): void {
  http.get(
    '/v1/societies/:name/revisions',
    {
      schema: {
        tags,
        summary: 'List the revisions of a society, newest first',
        params: SocietyParams,
        querystring: PageQuery,
        response: { 200: RevisionList, ...problems },
      },
    },
    async ({ params: { name }, query: { limit, cursor } }) => {
      const { value: society } = await registry.society(name);
      const newest = cursor === undefined ? society.latest : before(cursor);
      const oldest = Math.max(1, newest - limit + 1);
      const numbers = Array.from(
        { length: Math.max(0, newest - oldest + 1) },
        (_, index) => newest - index,
      );
      const records = await Promise.all(numbers.map((number) => registry.revision(name, number)));
      return {
        revisions: records.map(({ value }) => revisionView(value, society)),
        ...(oldest > 1 ? { next: String(oldest) } : {}),
      };
    },
  );

  http.get(
    '/v1/societies/:name/revisions/:number',
    {
      schema: {
        tags,
        summary: 'A revision: who sits on every seat',
        params: RevisionParams,
        response: { 200: RevisionView, ...problems },
      },
    },
    async ({ params: { name, number } }) => {
      const { value: society } = await registry.society(name);
      return revisionView((await registry.revision(name, number)).value, society);
    },
  );

  http.post(
    '/v1/societies/:name/revisions',
    {
      schema: {
        tags,
        summary: 'Add a candidate revision',
        description: 'An `Idempotency-Key` makes a repetition answer with the same revision.',
        params: SocietyParams,
        headers: Type.Object({
          'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
        }),
        body: AddRevisionBody,
        response: { 201: RevisionView, ...problems },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const key = request.headers['idempotency-key'];
      const revision = await registry.addRevision({
        society: name,
        requestId: key === undefined ? randomUUID() : `key-${sha256(key)}`,
        from: request.body.baseRevision ?? 0,
        agents: request.body.agents,
      });
      await cache.refresh(name);
      const { value: society } = await registry.society(name);
      reply.header('location', `/v1/societies/${name}/revisions/${revision.number}`);
      return reply.code(201).send(revisionView(revision, society));
    },
  );

  http.post(
    '/v1/societies/:name/revisions/:number/promote',
    {
      schema: {
        tags,
        summary: 'Make a revision current, for all seats at once; an older one rolls back',
        params: RevisionParams,
        response: { 200: SocietyView, ...problems },
      },
    },
    async ({ params: { name, number } }) => {
      const society = await registry.promote(name, number);
      await cache.refresh(name);
      return societyView(society);
    },
  );
}

/** The newest revision of the page behind a cursor. */
function before(cursor: string): number {
  if (!/^[1-9]\d{0,9}$/.test(cursor))
    throw invalid('querystring.cursor', 'must be the `next` of an earlier page');
  return Number(cursor) - 1;
}
