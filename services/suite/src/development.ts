import { fileURLToPath } from 'node:url';
import { type Environment, withDefaults } from '@parley/platform';
import { type EngineProcess, startEngine } from './engine-process.ts';

/** What the development engine and its trainer add to the environment of a suite. */
export function developmentEnvironment(engine: EngineProcess): Environment {
  return {
    PARLEY_ENGINES: engine.url,
    PARLEY_EMBEDDING_URL: engine.url,
    PARLEY_EMBEDDING_MODEL: 'base',
    PARLEY_TRAINER: JSON.stringify([
      process.execPath,
      fileURLToPath(import.meta.resolve('@parley/sandbox/train')),
      '--exit-with-parent',
    ]),
  };
}

/**
 * The environment of a suite for development: as it is when it names engines, else with a development engine
 * that is started here and stopped by the caller.
 */
export async function withDevelopmentEngine(
  environment: Environment,
): Promise<{ environment: Environment; engine?: EngineProcess }> {
  if (environment.PARLEY_ENGINES || environment.PARLEY_ENGINES_FILE) return { environment };
  const engine = await startEngine();
  return { environment: withDefaults(environment, developmentEnvironment(engine)), engine };
}
