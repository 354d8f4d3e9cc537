import { type HttpServer, problems } from '@parley/platform';
import type { InferenceContext } from '../context.ts';
import { engineView } from './present.ts';
import { EngineList } from './schemas.ts';

/** Registers /v1/engines. */
export function addEngineRoutes(
  http: HttpServer,
  { pool, loader, dispatcher }: InferenceContext,
): void {
  http.get(
    '/v1/engines',
    {
      schema: {
        tags: ['engines'],
        summary: 'The engines: which are up, what they serve, what is in flight',
        response: { 200: EngineList, ...problems },
      },
    },
    () => ({
      engines: pool.engines.map((engine) => engineView(engine, loader.missing(engine))),
      names: pool.names.map(({ source, urls, error }) => ({
        source,
        engines: urls.length,
        lastError: error,
      })),
      queued: dispatcher.queued(),
    }),
  );
}
