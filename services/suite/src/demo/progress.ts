import type { CycleView } from './client.ts';

/** Shows how cycles proceed: in place on a terminal, one line a change elsewhere. */
export type Progress = { show(cycles: CycleView[], seconds: number): void; end(): void };

type Output = { write(text: string): unknown; isTTY?: boolean };

const WIDTH = 24;

/** A display on `output`. */
export function createProgress(output: Output, iterations: number): Progress {
  let lines = 0;
  const last = new Map<string, string>();
  return {
    show(cycles, seconds) {
      if (output.isTTY) {
        const text = cycles.map((cycle) => `${barLine(cycle, iterations)}\n`).join('');
        output.write(`${lines > 0 ? `\x1b[${lines}A` : ''}${text.replaceAll('\n', '\x1b[K\n')}`);
        lines = cycles.length;
        return;
      }
      for (const cycle of cycles) {
        const step = `${cycle.status} iteration ${cycle.iteration} ${cycle.phase}`;
        if (last.get(cycle.spec.name) === step) continue;
        last.set(cycle.spec.name, step);
        output.write(
          `${seconds.toFixed(1).padStart(6)} s  ${cycle.spec.name}: ${stepOf(cycle, iterations)}\n`,
        );
      }
    },
    end() {
      lines = 0;
    },
  };
}

function stepOf(cycle: CycleView, iterations: number): string {
  if (cycle.status !== 'running')
    return `${cycle.status}${cycle.reason ? `: ${cycle.reason} ${cycle.detail}` : ''}`;
  return `iteration ${cycle.iteration} of ${iterations}, ${cycle.phase}`;
}

function barLine(cycle: CycleView, iterations: number): string {
  const { done, total } = cycle;
  const share = total > 0 ? done / total : 0;
  const full = Math.round(share * WIDTH);
  const bar = `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
  const count = cycle.status === 'running' && total > 0 ? ` ${done}/${total}` : '';
  return `${cycle.spec.name.padEnd(18)} ${bar} ${stepOf(cycle, iterations)}${count}`;
}
