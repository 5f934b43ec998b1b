// `make` alone: the targets that exist, from the same table that the commands are made of, where it is built already.
import { existsSync, readFileSync } from 'node:fs';

const source = readFileSync('stages/flags.ts', 'utf8');
const commands = source.slice(source.indexOf('export const commands'));
const targets = [...commands.matchAll(/^ {2}(\w+): \{\s*what: '([^']+)'/gm)].map(([, name, what]) => [name, what]);
const others = [
  ['test', 'unit, contract, integration and e2e tests on real servers'],
  ['test-all', 'the same with the slow suites'],
  ['test-crash', 'kills every stage at each of its steps, CRASH_STEP=n at one'],
  ['bench', 'transload and its peers in turn, on a made-up source: IMAGES=1000000 RUNS=3 ONLY='],
  ['lint', 'format, lint and dead code'],
];
console.log('make TARGET [KNOB=value …]    (README.md explains; a fresh clone needs nothing before it)\n');
for (const [name, what] of [...targets, ...others]) console.log(`  ${name.padEnd(10)} ${what}`);
console.log('\nKnobs: TARGET= RANGE= PART= AGAIN=1 WORKERS= DRY_RUN=1 DATASET= DATA_DIR= JSON=1');
console.log('All knobs of a command: node dist/stages/main.js export --help');
if (!existsSync('.env')) console.log('First: make demo. Your own servers: cp .env.example .env');
