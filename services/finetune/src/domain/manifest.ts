import { type ArtifactRef, canonicalJson } from '@parley/platform';
import { collectionId, seeds } from './spec.ts';
import type { CycleRecord } from './state.ts';

/** Where an iteration's manifest stands among the artifacts. */
export function manifestPath(cycle: string, iteration: number): string {
  return `cycles/${cycle}/${iteration}/manifest.json`;
}

/**
 * What a decided iteration was made of, as JSON, with every artifact by its SHA-256. It holds no time and
 * nothing of the machine: made again after a crash it has the same bytes.
 */
export function iterationManifest({ spec, setting, state }: CycleRecord): string {
  const { iteration, work, current } = state;
  const evaluated = work.candidate ?? current.revision;
  const trained = iteration > 0;
  return canonicalJson({
    format: 'parley.iteration.v1',
    cycle: spec.name,
    iteration,
    society: spec.society,
    base: setting.base,
    agents: setting.agents,
    task: setting.task,
    revision: { debated: current.revision, evaluated },
    problemSet: {
      name: spec.problemSet,
      evaluation: setting.evaluation,
      ...(trained ? { train: setting.train } : {}),
    },
    collections: {
      evaluation: collectionId(
        spec.name,
        evaluated === current.revision ? current.iteration : iteration,
        'evaluation',
      ),
      ...(trained ? { training: collectionId(spec.name, iteration, 'training') } : {}),
    },
    seeds: {
      cycle: spec.seed,
      evaluation: seeds.debates(spec, iteration, 'evaluation'),
      ...(trained
        ? {
            training: seeds.debates(spec, iteration, 'training'),
            seal: seeds.seal(spec, iteration),
          }
        : {}),
    },
    weight: spec.weight,
    pooling: spec.pooling,
    method: spec.method,
    gate: spec.gate,
    datasets: work.datasets,
    adapters: adaptersOf(work.jobs),
    verdict: work.verdict,
  });
}

function adaptersOf(jobs: CycleRecord['state']['work']['jobs']): Record<string, AdapterEntry> {
  return Object.fromEntries(
    Object.entries(jobs).flatMap(([seat, job]) =>
      job.status === 'done'
        ? [
            [
              seat,
              {
                ...job.adapter,
                parentSha256: job.parentSha256,
                rowsTrained: job.figures.rowsTrained,
              },
            ],
          ]
        : [],
    ),
  );
}

type AdapterEntry = ArtifactRef & { parentSha256: string | null; rowsTrained: number };
