import { type Host, openArtifacts, problems, Resources, type Service } from '@parley/platform';
import { Type } from 'typebox';
import { createAdapterFolders } from './adapters/adapter-folders.ts';
import type { FetcherConfig } from './fetcher-config.ts';

/**
 * The fetcher on a host: it stands beside an engine that does not share a disk with the inference service, and puts
 * adapters from the artifacts into a folder that the engine sees. Requests for one adapter are one fetch.
 */
export async function createFetcher(host: Host, config: FetcherConfig): Promise<Service> {
  const resources = new Resources();
  const artifacts = await resources.acquire(
    'artifacts',
    () => openArtifacts(config.artifacts),
    (opened) => opened.close(),
  );
  host.addReadiness({ name: 'artifacts', needed: 'once', check: () => artifacts.ping() });
  const folders = createAdapterFolders(artifacts, config.adapterDir);
  resources.add('fetches', () => folders.close());
  host.http.put(
    '/adapters/:sha256',
    {
      schema: {
        tags: ['adapters'],
        summary: 'Fetch an adapter from the artifacts, unless it is there already',
        description:
          'Answers when the folder is complete and has the digest. Of many that are asked for at once some wait for their turn.',
        params: Type.Object({
          sha256: Type.String({
            pattern: '^[0-9a-f]{64}$',
            description: 'The digest of the adapter’s folder, in lower case',
          }),
        }),
        body: Type.Object(
          {
            uri: Type.String({
              pattern: '^artifact:.',
              maxLength: 600,
              description: 'Where the adapter lies: `artifact:<path>`',
            }),
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            path: Type.String({ description: 'The folder, which the engine sees under this path' }),
          }),
          ...problems,
        },
      },
    },
    async ({ params: { sha256 }, body: { uri } }) => ({
      path: await folders.path({ uri, sha256 }),
    }),
  );
  return {
    start: async () => {},
    destroy: () => resources.release(),
  };
}
