import { escapeHtml, lineChart, type Series } from './chart.ts';
import { type DemoReport, STRATEGIES, type StrategyName, strategiesOf } from './report.ts';
import { percent, rowsOf } from './table.ts';

const COLORS: Record<StrategyName, string> = {
  base: '#8a8f98',
  majority: '#b58900',
  untrainedDebate: '#6c71c4',
  singleAgentFinetuning: '#cb4b16',
  single: '#93a1a1',
  noDebate: '#2aa198',
  debate: '#268bd2',
};

/** The report as one HTML page that needs nothing else: curves, tables, what was compared and what it means. */
export function reportHtml(report: DemoReport): string {
  const names = strategiesOf(report);
  const accuracy = lineChart({
    title: 'Accuracy on the evaluation problems by iteration (bars: one standard error)',
    format: (value) => `${(100 * value).toFixed(0)} %`,
    series: names.map(
      (name): Series => ({
        label: STRATEGIES[name],
        color: COLORS[name],
        values: report.iterations.map((one) => one.strategies[name]?.accuracy),
        errors: report.iterations.map((one) => one.strategies[name]?.standardError),
      }),
    ),
  });
  const agreement = lineChart({
    title: 'Consensus rate: share of final-round answers equal to the vote',
    format: (value) => value.toFixed(2),
    series: [
      {
        label: 'consensus',
        color: COLORS.debate,
        values: report.iterations.map((one) => one.consensus),
      },
    ],
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Parley: one cycle of multiagent finetuning</title><style>${STYLE}</style></head><body><main>
<h1>One cycle of multiagent finetuning</h1>
<p class="note">Model: ${escapeHtml(report.engine)}. ${escapeHtml(report.note)}</p>
${tiles(report)}
${accuracy}
<h2>Accuracy in percent ± standard error</h2>
${htmlTable(
  ['iteration', ...names.map((name) => STRATEGIES[name])],
  report.iterations.map((one) => [
    String(one.iteration),
    ...names.map((name) => percent(one.strategies[name])),
  ]),
)}
<p>Iteration 0 is the untrained society. Single answer, majority and debate without training are the base model's and stay as they are. Answers that could not be read, and debates that failed, count as wrong. The one model of single-agent finetuning takes the rows of all seats, so it makes as many training steps in an iteration as all agents of the society together.</p>
<h2>Is it a gain?</h2>
${htmlTable(
  [
    'debate after the last iteration against',
    'difference in points',
    'standard error',
    'paired test at two standard errors',
  ],
  report.comparisons.map((one) => [
    STRATEGIES[one.baseline as StrategyName],
    (100 * one.difference).toFixed(1),
    (100 * one.standardError).toFixed(1),
    one.shown ? (one.difference > 0 ? 'a gain' : 'a loss') : 'no difference shown',
  ]),
)}
${agreement}
${diversityChart(report)}
<h2>What happened</h2>
${htmlTable(
  [
    'iteration',
    'verdict',
    'society of iteration',
    'generation rows',
    'corrected rows (C−)',
    'kept rows (C+)',
    'seconds',
  ],
  report.iterations.map((one) => [
    String(one.iteration),
    one.verdict,
    String(one.society),
    ...['generation', 'corrected', 'kept'].map((pool) => String(rowsOf(one.rows, pool))),
    one.seconds.toFixed(1),
  ]),
)}
<h2>Training rows by seat</h2>
${seatTable(report)}
<footer>Seed ${report.seed}, ${report.seconds.toFixed(0)} seconds on ${escapeHtml(report.machine)}, ${report.date}.</footer>
</main></body></html>
`;
}

function tiles(report: DemoReport): string {
  const first = report.iterations[0]?.strategies;
  const last = report.iterations.at(-1)?.strategies;
  const shown: [string, string][] = [
    ['one answer', percent(first?.base)],
    ['majority', percent(first?.majority)],
    ['debate, untrained', percent(first?.debate)],
    [`debate after ${report.iterations.length - 1} iterations`, percent(last?.debate)],
  ];
  return `<div class="tiles">${shown.map(([label, value]) => `<div><b>${value}</b><span>${label}</span></div>`).join('')}</div>`;
}

function diversityChart(report: DemoReport): string {
  const kinds = [...new Set(report.iterations.flatMap((one) => Object.keys(one.diversity)))];
  return kinds
    .map((kind) =>
      lineChart({
        title: DIVERSITY[kind] ?? `Diversity: ${kind}`,
        format: (value) => value.toFixed(3),
        series: [
          {
            label: kind,
            color: COLORS.noDebate,
            values: report.iterations.map((one) => one.diversity[kind] ?? undefined),
          },
          {
            label: `${kind} of single-agent finetuning`,
            color: COLORS.singleAgentFinetuning,
            values: report.iterations.map((one) => one.singleAgentDiversity?.[kind] ?? undefined),
          },
        ],
      }),
    )
    .join('');
}

const DIVERSITY: Record<string, string> = {
  disagreement:
    'Diversity by disagreement: share of pairs of agents whose first answers to one question differ',
  embedding: 'Diversity by embedding: mean 1 − cosine between the agents’ answers to one question',
  likelihood:
    'Diversity by likelihood: nats per token of an agent’s answers under the other agents',
};

function seatTable(report: DemoReport): string {
  const seats = [...new Set(report.iterations.flatMap((one) => Object.keys(one.rows)))].sort();
  return htmlTable(
    ['iteration', ...seats],
    report.iterations
      .filter((one) => Object.keys(one.rows).length > 0)
      .map((one) => [
        String(one.iteration),
        ...seats.map((seat) =>
          Object.entries(one.rows[seat] ?? {})
            .map(([pool, rows]) => `${rows} ${pool}`)
            .join(', '),
        ),
      ]),
  );
}

function htmlTable(head: string[], rows: string[][]): string {
  const line = (cells: string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll"><table><thead>${line(head, 'th')}</thead><tbody>${rows.map((row) => line(row, 'td')).join('')}</tbody></table></div>`;
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1d2433;--soft:#667085;--line:#e3e6eb;--back:#fff;--tile:#f5f7fa}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#98a2b3;--line:#2c3442;--back:#12161d;--tile:#1b212b}}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:900px;margin:0 auto;padding:32px 20px}
h1{font-size:28px;margin:0 0 8px}h2{font-size:19px;margin:36px 0 10px}
.note{color:var(--soft)}.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:12px;margin:20px 0}
.tiles div{background:var(--tile);border-radius:10px;padding:14px 16px}.tiles b{display:block;font-size:21px}.tiles span{color:var(--soft);font-size:14px}
figure{margin:28px 0}figcaption{font-weight:600;margin-bottom:6px}svg{width:100%;height:auto}
.grid{stroke:var(--line)}.tick{fill:var(--soft);font-size:12px}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:6px 0 0;list-style:none;font-size:14px;color:var(--soft)}
.legend i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:14px;min-width:100%}
th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:right;font-variant-numeric:tabular-nums}
th:first-child,td:first-child{text-align:left}th{color:var(--soft);font-weight:600;vertical-align:bottom}
footer{margin-top:40px;color:var(--soft);font-size:14px}`;
