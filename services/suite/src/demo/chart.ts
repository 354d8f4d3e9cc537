/** One curve: values by iteration, with standard errors where there are any. */
export type Series = {
  label: string;
  color: string;
  values: (number | undefined)[];
  errors?: (number | undefined)[];
};

export type ChartOptions = { title: string; series: Series[]; format: (value: number) => string };

const WIDTH = 760;
const HEIGHT = 320;
const LEFT = 56;
const RIGHT = 16;
const TOP = 16;
const BOTTOM = 36;

/** A line chart over iterations as an SVG element, bars of one standard error on every point. */
export function lineChart({ title, series, format }: ChartOptions): string {
  const points = Math.max(1, ...series.map((one) => one.values.length));
  const { low, high } = bounds(series);
  const x = (index: number) =>
    LEFT + (points === 1 ? 0.5 : index / (points - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => TOP + (1 - (value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const parts = [
    ...gridLines(low, high).map(
      (value) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${round(y(value))}" y2="${round(y(value))}"/>` +
        `<text class="tick" x="${LEFT - 8}" y="${round(y(value) + 4)}" text-anchor="end">${format(value)}</text>`,
    ),
    ...Array.from(
      { length: points },
      (_none, index) =>
        `<text class="tick" x="${round(x(index))}" y="${HEIGHT - 12}" text-anchor="middle">${index}</text>`,
    ),
    ...series.map((one) => curve(one, x, y, format)),
  ];
  const legend = series.map(
    (one) => `<li><i style="background:${one.color}"></i>${escapeHtml(one.label)}</li>`,
  );
  return `<figure><figcaption>${escapeHtml(title)}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">${parts.join('')}</svg><ul class="legend">${legend.join('')}</ul></figure>`;
}

function curve(
  { label, color, values, errors }: Series,
  x: (index: number) => number,
  y: (value: number) => number,
  format: (value: number) => string,
): string {
  const marks = values.flatMap((value, index) =>
    value === undefined ? [] : [{ value, index, error: errors?.[index] ?? 0 }],
  );
  const path = marks
    .map(({ value, index }, at) => `${at === 0 ? 'M' : 'L'}${round(x(index))} ${round(y(value))}`)
    .join('');
  const dots = marks.map(({ value, index, error }) => {
    const bar =
      error > 0
        ? `<line x1="${round(x(index))}" x2="${round(x(index))}" y1="${round(y(value - error))}" y2="${round(y(value + error))}" stroke="${color}" stroke-opacity=".45" stroke-width="4"/>`
        : '';
    return `${bar}<circle cx="${round(x(index))}" cy="${round(y(value))}" r="3.5" fill="${color}"><title>${escapeHtml(label)}, iteration ${index}: ${format(value)}</title></circle>`;
  });
  return `<path d="${path}" fill="none" stroke="${color}" stroke-width="2"/>${dots.join('')}`;
}

function bounds(series: Series[]): { low: number; high: number } {
  const all = series.flatMap(({ values, errors }) =>
    values.flatMap((value, index) =>
      value === undefined ? [] : [value - (errors?.[index] ?? 0), value + (errors?.[index] ?? 0)],
    ),
  );
  if (all.length === 0) return { low: 0, high: 1 };
  const low = Math.min(...all);
  const high = Math.max(...all);
  const margin = Math.max((high - low) * 0.08, 0.01);
  return { low: low - margin, high: high + margin };
}

/** About five round values between the bounds. */
function gridLines(low: number, high: number): number[] {
  const raw = (high - low) / 5;
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * magnitude).find((size) => size >= raw) ?? raw;
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_none, index) => (first + index) * step);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Text made safe inside HTML and attribute values. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
