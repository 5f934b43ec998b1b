import { beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, mustRun, runCli } from '../support/cli.js';
import { boxEnv, dataFolder, type Env, fillSources, onServer } from '../support/migration.js';

const database = 'n_rights';
const table = 'images_analytical';
let data: Env;

beforeAll(async () => {
  const { env } = await fillSources(database, { images: 300, months: 12 });
  data = { ...env, DATA_DIR: dataFolder(database) };
  for (const command of ['export', 'join']) await mustRun(command, data);
  await mustRun('load', { ...data, ...boxEnv('25.8', database), CREATE: '1' });
});

/** What a person sees, in one line: tables are wrapped to the width of the screen. */
const said = ({ stdout, stderr }: CliResult): string => `${stdout} ${stderr}`.replace(/[\s│]+/g, ' ');

describe('a ClickHouse user (fault 29)', () => {
  const reads = 'CREATE TEMPORARY TABLE';
  const make = async (user: string, settings: string, ...grants: string[]): Promise<Env> => {
    await onServer('25.8', `CREATE USER OR REPLACE ${user} IDENTIFIED BY 'rights' ${settings}`);
    for (const grant of grants) {
      await onServer('25.8', `GRANT ${grant} ON ${grant === reads ? '*' : database}.* TO ${user}`);
    }
    return { ...data, ...boxEnv('25.8', database), BOX_USER: user, BOX_PASSWORD: 'rights', AGAIN: '1' };
  };
  const held = (): Promise<string> => onServer('25.8', `SELECT count(), max(updated_at) FROM ${database}.${table}`);

  it.each([
    ['who may only INSERT', 'n_inserts_only', '', ['INSERT'], /grant SELECT/i],
    ['with readonly = 1', 'n_readonly', 'SETTINGS readonly = 1', ['SELECT', 'INSERT', 'ALTER DELETE'], /readonly/],
    ['who may only SELECT', 'n_selects_only', '', ['SELECT', 'CREATE TEMPORARY TABLE'], /grant[^.]* INSERT/i],
    [
      'who may not read a file in an INSERT',
      'n_no_input',
      '',
      ['SELECT', 'INSERT'],
      /CREATE TEMPORARY TABLE ON \*\.\*/,
    ],
  ] as const)(
    '%s: check and load name what is missing, and nothing is changed',
    async (_, user, settings, grants, missing) => {
      const env = await make(user, settings, ...grants);
      const before = await held();
      for (const command of ['check', 'load']) {
        const result = await runCli(command, env);
        expect([command, result.exit, said(result)]).toEqual([command, 12, expect.stringMatching(missing)]);
      }
      expect(await held()).toBe(before);
    },
  );

  it('who may SELECT, INSERT and ALTER DELETE loads', async () => {
    const env = await make('n_loads', '', 'SELECT', 'INSERT', 'ALTER DELETE', 'ALTER UPDATE', reads);
    await mustRun('load', env);
    expect((await held()).split('\t')[0]).toBe('300');
  });
});
