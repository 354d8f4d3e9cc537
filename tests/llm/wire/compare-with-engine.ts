import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CASES } from './cases.ts';
import { judge, runCase } from './run-case.ts';
import { startSandbox } from './sandbox.ts';
import { describeEngine, type Subject, truncateAdapter } from './subject.ts';

/** A case in which the sandbox and an engine do not agree, and in what. */
export type Disagreement = { name: string; differences: string[] };

/**
 * Asks an idle vLLM and the sandbox the same, and compares what they answer.
 * @param adapter folder of an adapter that the engine can load, as it sees it. A copy of it is damaged, and
 * adapters are loaded and unloaded under names that begin with `wire.`; the engine is left as it was.
 * @returns what does not agree, beside what the sandbox does otherwise on purpose; none when all agrees.
 * @throws Error when an engine cannot be reached.
 */
export async function compareWithEngine(url: string, adapter: string): Promise<Disagreement[]> {
  const described = await describeEngine(url);
  const folder = await mkdtemp(join(tmpdir(), 'parley-wire-'));
  const truncated = join(folder, 'truncated');
  await truncateAdapter(adapter, truncated);
  const engine: Subject = { ...described, adapter, truncated };
  const sandbox = await startSandbox(engine);
  try {
    const found: Disagreement[] = [];
    for (const wireCase of CASES) {
      const real = await runCase(wireCase, engine);
      const ours = await runCase(wireCase, sandbox);
      const differences = judge(wireCase, real, ours);
      const isExpected = differences.length > 0 === (wireCase.sandboxDiffers !== undefined);
      if (!isExpected)
        found.push({ name: wireCase.name, differences: [...differences, ...stale(differences)] });
    }
    return found;
  } finally {
    await sandbox.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function stale(differences: readonly string[]): string[] {
  return differences.length > 0
    ? []
    : ['the sandbox no longer differs, against what its case says'];
}
