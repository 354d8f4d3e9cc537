import { type Operation, ParleyError } from '@parley/platform';
import type { DebateResult } from '../adapters/dataset.ts';
import type { FinetuneContext } from '../context.ts';
import { type Evaluation, evaluationSums } from '../domain/evaluation.ts';
import { collectionId } from '../domain/spec.ts';
import type { CycleRun, StepSignals } from './cycle-run.ts';
import { embeddingMeter } from './embedding.ts';
import { gradeResults } from './grade-results.ts';
import { measureLikelihood, SAMPLE } from './likelihood.ts';
import { getEvaluation, INDEX, KEPT, type StoredEvaluation } from './stored.ts';

/** Problems that are graded together; what is in memory at once. */
const GROUP = 64;

/** Grades the evaluation debates of the candidate and stores the figures. */
export async function evaluate(
  context: FinetuneContext,
  run: CycleRun,
  { soft }: StepSignals,
): Promise<void> {
  const { iteration, current, work } = run.state;
  const { name } = run.record.spec;
  const isCurrent = iteration > 0 && work.candidate === current.revision;
  const evaluation: Evaluation = isCurrent
    ? { ...(await getEvaluation(context.store, name, current.iteration)), iteration }
    : await evaluateCollection(context, run, soft);
  const at = context.now();
  const kept: StoredEvaluation = { ...evaluation, evaluatedAt: new Date(at).toISOString() };
  const member = `${name}/${iteration}`;
  const operations: Operation[] = [
    { op: 'put', name: KEPT.evaluation(iteration), value: kept },
    { op: 'index', index: INDEX.evaluations, member, rank: at },
    { op: 'index', index: INDEX.evaluationsOf(name), member, rank: iteration },
  ];
  await run.apply({ type: 'evaluated', iteration }, operations, at);
}

/**
 * The figures of the iteration's evaluation debates.
 * @throws ParleyError DATA_CORRUPT when the collection does not hold every problem of the split.
 */
async function evaluateCollection(
  context: FinetuneContext,
  run: CycleRun,
  signal: AbortSignal,
): Promise<Evaluation> {
  const { spec, setting } = run.record;
  const { iteration, current, work } = run.state;
  const revision = work.candidate ?? current.revision;
  const collection = collectionId(spec.name, iteration, 'evaluation');
  const notes: string[] = [];
  const embedding = embeddingMeter(context.inference, notes);
  const sums = evaluationSums();
  const sample: DebateResult[] = [];
  for await (const group of inGroups(context.dataset.results(collection, signal))) {
    const [graded, unlike] = await Promise.all([
      gradeResults(context.voting, run.record, group, signal),
      embedding.dissimilarities(group, signal),
    ]);
    for (const [index, problem] of graded.entries())
      sums.add({ ...problem, dissimilarity: unlike[index] });
    sample.push(...group.slice(0, SAMPLE - sample.length));
  }
  if (sums.problems() !== setting.evaluation.problems)
    throw new ParleyError(
      'DATA_CORRUPT',
      `collection ${collection} has ${sums.problems()} problems; its split has ${setting.evaluation.problems}`,
    );
  const likelihood = await measureLikelihood(
    context.inference,
    { society: spec.society, revision, agents: setting.agents, sample, notes },
    signal,
  );
  return sums.finish({ cycle: spec.name, iteration, revision }, likelihood, notes);
}

async function* inGroups(results: AsyncIterable<DebateResult>): AsyncIterable<DebateResult[]> {
  let group: DebateResult[] = [];
  for await (const result of results) {
    group.push(result);
    if (group.length < GROUP) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
