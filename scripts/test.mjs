// Runs the tests and ends with one line of counts, taken from the runner's own JSON results.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';

const [suite = 'default', ...files] = process.argv.slice(2);
// Two runs side by side, each with servers of its own: one waits on servers and processes while the other computes. The
// integration tests go to both by the first letter of their file, which makes the two about equally long.
const integration = (letters) => [...letters].map((letter) => `test/integration/${letter}`);
const others = ['architecture', 'unit', 'contract', 'property', 'crash', 'e2e'].map((name) => `test/${name}`);
const halves = [integration('klmopqrstuvwxyz'), [...others, ...integration('abcdefghijn')]];
const groups = files.length > 0 ? [files] : halves;

/** One run of the test runner; what it says comes whole, at its end, but for the first. */
function run(paths, index) {
  const result = `.cache/test-result-${index}.json`;
  rmSync(result, { force: true });
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json'];
  const child = spawn(process.execPath, [...args, `--outputFile.json=${result}`, ...paths], {
    stdio: index === 0 ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TRANSLOAD_SUITE: suite },
  });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => said.push(chunk));
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status, said: Buffer.concat(said), result }));
  });
}

mkdirSync('.cache', { recursive: true });
const sums = { passed: 0, failed: 0, skipped: 0 };
let isGood = true;
for (const { status, said, result } of await Promise.all(groups.map(run))) {
  process.stdout.write(said);
  const counts = JSON.parse(readFileSync(result, 'utf8'));
  sums.passed += counts.numPassedTests;
  // A file that cannot even be loaded has no tests that could fail: it counts as one.
  sums.failed += Math.max(counts.numFailedTests, counts.numFailedTestSuites > 0 ? 1 : 0);
  sums.skipped += counts.numPendingTests;
  isGood &&= status === 0 && counts.success && counts.numPassedTests > 0;
}
const skipped = sums.skipped > 0 ? `, ${sums.skipped} skipped` : '';
console.log(`${sums.passed} passed, ${sums.failed} failed${skipped}`);
process.exitCode = isGood ? 0 : 1;
