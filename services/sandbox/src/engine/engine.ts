import type { SandboxConfig } from './config.ts';
import { resolveConfig } from './config.ts';
import { Core } from './core.ts';
import { createServer } from './server.ts';

/** An engine that can be started once and destroyed any number of times. */
export interface SandboxEngine {
  /** Listens on 127.0.0.1 and resolves to the base URL. */
  start(): Promise<{ url: string }>;
  /** Stops listening, breaks open connections off and aborts what runs. */
  destroy(): Promise<void>;
}

/** Creates a development engine. Throws RangeError naming a setting that cannot be. */
export function createSandboxEngine(settings: Partial<SandboxConfig> = {}): SandboxEngine {
  const config = resolveConfig(settings);
  const app = createServer(new Core(config));
  return {
    async start() {
      const address = await app.listen({ host: '127.0.0.1', port: config.port });
      return { url: address };
    },
    async destroy() {
      await app.close();
    },
  };
}
