import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cacheDir, projectDir, searchPath } from '../support/servers.js';

/** The commands that README.md tells a newcomer to try, as they stand there. */
const commands = [
  ...readFileSync(join(projectDir, 'README.md'), 'utf8').matchAll(/^```sh try\n([\s\S]*?)^```/gm),
].flatMap((block) => (block[1] ?? '').split('\n').filter((line) => line !== ''));
const clone = join(cacheDir, 'test', 'clone');

function run(command: string): { status: number | null; text: string } {
  const env = { PATH: searchPath, HOME: process.env.HOME ?? '/' };
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], { cwd: clone, env, encoding: 'utf8' });
  return { status, text: `${stdout}\n${stderr}` };
}

/** The project's files as git has them; servers that are unpacked already are shared, packages are installed anew. */
beforeAll(() => {
  rmSync(clone, { recursive: true, force: true });
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: projectDir,
    encoding: 'utf8',
  });
  for (const file of files.split('\n').filter((name) => name !== '')) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    cpSync(join(projectDir, file), join(clone, file));
  }
  symlinkSync(cacheDir, join(clone, '.cache'));
});

describe('the commands of README.md, as written', () => {
  it('are there', () => {
    expect(commands[0]).toBe('make demo');
    expect(commands.length).toBeGreaterThanOrEqual(3);
  });

  it.each(commands)('%s', (command) => {
    const { status, text } = run(command);
    expect([status, text]).toEqual([0, expect.any(String)]);
    if (command === 'make demo') expect(text).toContain('no difference');
    if (command.startsWith('make query')) expect(text.match(/20000/g)).toHaveLength(2);
    // The demo ends with a verify.
    if (command === 'make status') expect(text).toContain('next: nothing is left to do');
  });

  it('SQL arrives whole through make: quotes, backtick, $ and #', () => {
    const { status, text } = run(`make query FORMAT=TSV SQL="SELECT 'a\\"b', '\\\`c\\\`', '\\$d \\$(e)', '#f'"`);
    expect([status, text]).toEqual([0, expect.stringContaining('a"b\t`c`\t$d $(e)\t#f')]);
  });

  it('make alone lists the targets that exist, and no others', () => {
    const { text } = run('make');
    const targets = ['demo', 'check', 'plan', 'export', 'join', 'load', 'ship', 'verify', 'optimize', 'rollback'];
    for (const target of [...targets, 'status', 'report', 'show', 'query', 'test', 'test-all', 'test-crash', 'bench'])
      expect(text).toContain(`  ${target} `);
    for (const later of ['sync']) expect(text).not.toContain(`  ${later} `);
  });
});
