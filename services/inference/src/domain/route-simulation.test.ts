import { join } from 'node:path';
import { seededRandom } from '@parley/platform';
import { describe, expect, it } from 'vitest';
import {
  byAdmission,
  byPolicy,
  readTraffic,
  type Simulated,
  simulate,
} from '../testing/route-simulation.ts';

/** 40 training and 20 evaluation problems, each debated by 3 agents over 3 rounds, and answered for the baselines. */
const TRAFFIC = readTraffic(join(import.meta.dirname, '../testing/fixtures/debates.json'));
/** Engines keep a ninth of what is said, each. */
const ENGINES = { engines: 4, slots: 16, kept: 1000 };

function baselines() {
  const random = seededRandom(1);
  let turn = 0;
  return {
    random: byPolicy((engines) => engines[Math.floor(random() * engines.length)]),
    'round robin': byPolicy((engines) => engines[turn++ % engines.length]),
    'least loaded': byPolicy((engines) =>
      engines.toSorted((a, b) => a.inFlight - b.inFlight).at(0),
    ),
  };
}

function print(name: string, { saved, medianMs, p99Ms, busy }: Simulated): void {
  const figures = [
    `saved ${(100 * saved).toFixed(1)} %`,
    `median wait ${medianMs.toFixed(0)} ms`,
    `p99 ${p99Ms.toFixed(0)} ms`,
    `busy ${(100 * busy).toFixed(0)} %`,
  ];
  process.stdout.write(`    ${name.padEnd(14)} ${figures.map((one) => one.padEnd(20)).join('')}\n`);
}

describe('routing of recorded debates, against random, round robin and least loaded', () => {
  it.each([
    ['a sixth', 0.3],
    ['a third', 0.6],
    ['half', 1],
    ['nine tenths', 3],
  ])(
    'saves twice as much of the prompts, and lets nobody wait longer, with %s of the slots busy',
    (_, speed) => {
      const simulation = { ...ENGINES, speed };
      const routed = simulate(TRAFFIC, simulation, byAdmission);
      process.stdout.write(`  ${TRAFFIC.length} calls, ${speed} times as fast as recorded\n`);
      print('route', routed);
      for (const [name, dispatching] of Object.entries(baselines())) {
        const baseline = simulate(TRAFFIC, simulation, dispatching);
        print(name, baseline);
        expect(routed.saved).toBeGreaterThan(1.7 * baseline.saved);
        expect(routed.p99Ms).toBeLessThan(1.15 * baseline.p99Ms + 150);
        expect(routed.medianMs).toBeLessThan(baseline.medianMs + 25);
      }
      expect(routed.saved).toBeGreaterThan(0.33);
    },
  );
});
