import { type DemoReport, type StrategyResult, strategiesOf } from './report.ts';

/** Percent with standard error, e.g. `62.4 ± 2.2`. */
export function percent(result: StrategyResult | undefined): string {
  return result === undefined
    ? '–'
    : `${(100 * result.accuracy).toFixed(1)} ± ${(100 * result.standardError).toFixed(1)}`;
}

/** The report as text for a terminal: accuracies, then what happened, one line an iteration. */
export function reportTables(report: DemoReport): string {
  const names = strategiesOf(report);
  const accuracy = table([
    ['iteration', ...names],
    ...report.iterations.map((one) => [
      String(one.iteration),
      ...names.map((name) => percent(one.strategies[name])),
    ]),
  ]);
  const pools = ['generation', 'corrected', 'kept'];
  const course = table([
    [
      'iteration',
      'verdict',
      'society',
      'consensus',
      'disagreement',
      'of single-agent',
      'embedding',
      'likelihood',
      ...pools.map((pool) => `rows ${pool}`),
      'seconds',
    ],
    ...report.iterations.map((one) => [
      String(one.iteration),
      one.verdict,
      String(one.society),
      one.consensus.toFixed(3),
      figure(one.diversity.disagreement),
      figure(one.singleAgentDiversity?.disagreement),
      figure(one.diversity.embedding),
      figure(one.diversity.likelihood),
      ...pools.map((pool) => String(rowsOf(one.rows, pool))),
      one.seconds.toFixed(1),
    ]),
  ]);
  const comparisons = report.comparisons.map(
    (one) =>
      `debate after iteration ${one.iteration} against ${one.baseline}: ${signed(one.difference)} ± ${(100 * one.standardError).toFixed(1)} points, ${one.shown ? 'a difference' : 'no difference shown'} (paired, two standard errors)`,
  );
  return [`Accuracy in percent ± standard error`, accuracy, course, comparisons.join('\n')].join(
    '\n\n',
  );
}

/** Rows of one pool over all seats. */
export function rowsOf(rows: Record<string, Record<string, number>>, pool: string): number {
  return Object.values(rows).reduce((sum, pools) => sum + (pools[pool] ?? 0), 0);
}

function figure(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : value.toFixed(3);
}

function signed(share: number): string {
  return `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(1)}`;
}

function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '))
    .join('\n');
}
