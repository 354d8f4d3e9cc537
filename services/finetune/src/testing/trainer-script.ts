import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A trainer that obeys the contract and learns nothing real: its adapter is a digest of what it was given.
 * `method.mode` makes it misbehave; every start adds a line with the job's name and the process to `starts`.
 */
const SCRIPT = `
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
const [starts, jobPath] = process.argv.slice(2);
const job = JSON.parse(readFileSync(jobPath, 'utf8'));
const sha = (text) => createHash('sha256').update(text).digest('hex');
process.stdin.on('end', () => process.exit(9)).on('error', () => process.exit(9)).resume();
appendFileSync(starts, job.job + ' ' + process.pid + '\\n');
const { mode = '', seat = '' } = job.method;
const mine = seat === '' || job.job.includes('.' + seat + '.');
if (mode === 'hang' && mine) process.on('SIGTERM', () => {});
else if (mode === 'fail' && mine) { console.error('out of memory'); process.exit(3); }
else if (mode === 'failOnce' && mine && job.job.endsWith('.0')) { console.log('lost a node'); process.exit(1); }
else if (mode === 'empty' && mine) process.exit(0);
else if (mode === 'slow') setTimeout(train, 300);
else train();
function train() {
  if (job.parent && !existsSync(job.parent.path)) process.exit(4);
  const rows = readFileSync(job.dataset.path, 'utf8').trim().split('\\n').length;
  console.log(JSON.stringify({ step: 1, steps: 2, loss: 1.5 }));
  const weights = sha([sha(readFileSync(job.dataset.path)), job.parent?.sha256 ?? '', job.seed].join());
  mkdirSync(job.output + '/adapter', { recursive: true });
  writeFileSync(job.output + '/adapter/weights', weights);
  const adapterSha256 = mode === 'wrongDigest' && mine ? sha('x') : sha(sha(weights) + '  weights\\n');
  const result = { rowsRead: rows, rowsTrained: mode === 'unlearned' && mine ? 0 : rows, rowsDropped: {}, tokens: 10 * rows,
    loss: [1.5, 0.5], gradientNorm: 0.25, parentSha256: job.parent?.sha256 ?? null, adapterSha256, seconds: 0.01 };
  writeFileSync(job.output + '/result.json.part', JSON.stringify(result));
  renameSync(job.output + '/result.json.part', job.output + '/result.json');
  process.exit(0);
}
`;

/** Writes the trainer into a folder; its command, and the file that lists what it was started for. */
export function writeTrainer(dir: string): { command: string[]; starts: string } {
  const path = join(dir, 'trainer.mjs');
  const starts = join(dir, 'starts');
  writeFileSync(path, SCRIPT);
  writeFileSync(starts, '');
  return { command: [process.execPath, path, starts], starts };
}
