import { parseArgs } from 'node:util';
import { SANDBOX_TRAINING } from '../train/job.ts';
import { experiment } from './experiment.ts';

/** Prints accuracy per iteration of both arms: `node src/society/run.ts [--seeds 2] [--top-p 1]`. */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2' },
    iterations: { type: 'string', default: '5' },
    train: { type: 'string', default: '200' },
    test: { type: 'string', default: '500' },
    'top-p': { type: 'string', default: '1' },
    'learning-rate': { type: 'string', default: String(SANDBOX_TRAINING.learningRate) },
  },
});

const fit = {
  ...SANDBOX_TRAINING,
  learningRate: Number(values['learning-rate']),
  pull: 0.001,
  seed: 1,
};

for (const arm of ['apart', 'pooled'] as const) {
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    const measured = experiment({
      arm,
      agents: 3,
      iterations: Number(values.iterations),
      trainProblems: Number(values.train),
      testProblems: Number(values.test),
      sampling: { temperature: 1, topP: Number(values['top-p']) },
      fit,
      seed,
    });
    for (const line of measured)
      process.stdout.write(`${JSON.stringify({ arm, seed, ...line })}\n`);
  }
}
