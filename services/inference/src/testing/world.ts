import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Addresses,
  createGrpcClient,
  createHost,
  type GrpcClient,
  type Host,
} from '@parley/platform';
import { InferenceService } from '@parley/proto/inference';
import { envToInferenceConfig } from '../config.ts';
import type { InferenceOverrides } from '../context.ts';
import { createInference } from '../service.ts';

/** A running service with a client, its state in a folder of its own. */
export type World = {
  dir: string;
  host: Host;
  addresses: Addresses;
  client: GrpcClient<typeof InferenceService>;
  /** Stops it; its folder stays when `keep` is set, for another one to go on with. */
  close(keep?: boolean): Promise<void>;
};

/** Starts the service on loopback in front of engines. */
export async function startWorld(
  engines: readonly string[],
  settings: Record<string, string> = {},
  overrides: InferenceOverrides & { dir?: string } = {},
): Promise<World> {
  const dir = overrides.dir ?? (await mkdtemp(join(tmpdir(), 'parley-inference-')));
  const config = envToInferenceConfig({
    PARLEY_STORE: `sqlite:${dir}/parley.db`,
    PARLEY_EVENTS: `sqlite:${dir}/parley.db`,
    PARLEY_ARTIFACTS: `file:${dir}/artifacts`,
    PARLEY_ADAPTER_DIR: `${dir}/adapters`,
    PARLEY_HTTP_PORT: '0',
    PARLEY_GRPC_PORT: '0',
    PARLEY_ADMIN_PORT: '0',
    PARLEY_LOG_LEVEL: 'silent',
    PARLEY_ENGINES: engines.join(','),
    PARLEY_ENGINE_WAIT_SECONDS: '0.3',
    ...settings,
  });
  const host = await createHost('inference', config);
  const service = await createInference(host, config, { probeEveryMs: 50, ...overrides });
  const addresses = await host.start([service]);
  const client = createGrpcClient(InferenceService, {
    address: addresses.grpc,
    defaultDeadlineMs: 20_000,
  });
  return {
    dir,
    host,
    addresses,
    client,
    async close(keep = false) {
      client.close();
      await host.stop();
      if (!keep) await rm(dir, { recursive: true, force: true });
    },
  };
}
