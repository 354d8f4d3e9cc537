import { describe, expect, it } from 'vitest';
import type { CycleView } from './client.ts';
import { createProgress } from './progress.ts';

const running: CycleView = {
  spec: { name: 'arithmetic' },
  status: 'running',
  reason: '',
  detail: '',
  iteration: 1,
  phase: 'debating',
  done: 5,
  total: 10,
};

function display(isTTY: boolean) {
  let text = '';
  const progress = createProgress(
    {
      write: (more) => {
        text += more;
      },
      isTTY,
    },
    5,
  );
  return { progress, text: () => text };
}

describe('progress', () => {
  it('prints a plain line only when the step changes', () => {
    const { progress, text } = display(false);
    progress.show([running], 1);
    progress.show([{ ...running, done: 6 }], 2);
    progress.show([{ ...running, phase: 'sealing' }], 3);
    progress.show(
      [{ ...running, status: 'failed', reason: 'COLLAPSE', detail: 'agreement rose' }],
      4,
    );
    expect(
      text()
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      '1.0 s  arithmetic: iteration 1 of 5, debating',
      '3.0 s  arithmetic: iteration 1 of 5, sealing',
      '4.0 s  arithmetic: failed: COLLAPSE agreement rose',
    ]);
  });

  it('redraws in place on a terminal', () => {
    const { progress, text } = display(true);
    progress.show([running], 1);
    progress.show([running], 2);
    expect(text()).toContain('\x1b[1A');
    expect(text()).toContain('5/10');
  });
});
