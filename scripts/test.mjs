// Runs the tests and ends with one line of counts, taken from the runner's own JSON result.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';

const [suite = 'default', ...files] = process.argv.slice(2);
const result = '.cache/test-result.json';
mkdirSync('.cache', { recursive: true });
rmSync(result, { force: true });
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${result}`,
    ...files,
  ],
  { stdio: 'inherit', env: { ...process.env, TRANSLOAD_SUITE: suite } },
);
const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites, success } = JSON.parse(
  readFileSync(result, 'utf8'),
);
// A file that cannot even be loaded has no tests that could fail: it counts as one.
const failed = Math.max(numFailedTests, numFailedTestSuites > 0 ? 1 : 0);
console.log(`${numPassedTests} passed, ${failed} failed${numPendingTests > 0 ? `, ${numPendingTests} skipped` : ''}`);
process.exitCode = status !== 0 || !success || numPassedTests === 0 ? 1 : 0;
