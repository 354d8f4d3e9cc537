import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Adds up vitest's JSON reports in a folder and prints `N passed, N failed`; steps named on the command
 * line failed as a whole. Exit code 1 when anything failed, or when a report is missing.
 */
const [folder = 'out/reports', ...failedSteps] = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const name of ['test', 'integration', 'e2e', 'chaos']) {
  const file = join(folder, `${name}.json`);
  if (!existsSync(file)) {
    process.stdout.write(`no report of make ${name}\n`);
    failed += 1;
    continue;
  }
  const report = JSON.parse(readFileSync(file, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    success: boolean;
  };
  passed += report.numPassedTests;
  failed += report.numFailedTests + report.numPendingTests;
  if (!report.success && report.numFailedTests === 0) failed += 1;
}
if (failedSteps.includes('check')) failed += 1;
else passed += 1;
for (const step of failedSteps) process.stdout.write(`make ${step} failed\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || failedSteps.length > 0 ? 1 : 0;
