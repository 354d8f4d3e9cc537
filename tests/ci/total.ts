import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Adds up the reports of vitest (JSON) and pytest (JUnit) in a folder and prints `N passed, N failed`; steps named on the command
 * line failed as a whole. Exit code 1 when anything failed, or when a report is missing.
 */
const [folder = 'out/reports', ...failedSteps] = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const name of [
  'test.json',
  'trainer.xml',
  'model.xml',
  'integration.json',
  'e2e.json',
  'chaos.json',
]) {
  const file = join(folder, name);
  if (!existsSync(file)) {
    process.stdout.write(`no report ${name}\n`);
    failed += 1;
    continue;
  }
  const text = readFileSync(file, 'utf8');
  const counts = name.endsWith('.json') ? vitestCounts(text) : junitCounts(text);
  passed += counts.passed;
  failed += counts.failed;
}
if (failedSteps.includes('check')) failed += 1;
else passed += 1;
for (const step of failedSteps) process.stdout.write(`make ${step} failed\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || failedSteps.length > 0 ? 1 : 0;

/** What was skipped counts as failed. */
function vitestCounts(text: string): { passed: number; failed: number } {
  const report = JSON.parse(text) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    success: boolean;
  };
  const isBroken = !report.success && report.numFailedTests === 0;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numPendingTests + (isBroken ? 1 : 0),
  };
}

function junitCounts(text: string): { passed: number; failed: number } {
  const count = (name: string) =>
    Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(text)?.[1]);
  const failed = count('failures') + count('errors') + count('skipped');
  return { passed: count('tests') - failed, failed };
}
