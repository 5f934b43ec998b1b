import { expect, test } from 'vitest';
import type { Wire } from '../../../src/sources/mysql-connection.js';
import { prepareSession } from '../../../src/sources/mysql-session.js';

/** A server that answers as one that keeps `kept` whatever is set, as a proxy before it may. */
function serverKeeping(kept: Readonly<Record<string, string>>): Wire {
  const values = new Map<string, string>();
  const ask: Wire['ask'] = async (sql) => {
    if (sql === 'SET NAMES utf8mb4') {
      for (const name of ['client', 'connection', 'results']) values.set(`character_set_${name}`, 'utf8mb4');
    }
    for (const [, name = '', value = ''] of sql.matchAll(/SESSION (\w+) = '?([^',]*)'?/g)) values.set(name, value);
    for (const [name, value] of Object.entries(kept)) values.set(name, value);
    if (!sql.startsWith('SELECT')) return [];
    return [[...sql.matchAll(/@@SESSION\.(\w+)/g)].map(([, name = '']) => values.get(name))];
  };
  return { ask } as Wire;
}

test('what is set is read back', async () => {
  await prepareSession(serverKeeping({}), 'db:3306/Stock');
});

test('settings that do not hold stop the session with their names', async () => {
  const proxy = serverKeeping({ sql_select_limit: '1000', character_set_results: 'latin1' });
  await expect(prepareSession(proxy, 'db:3306/Stock')).rejects.toMatchObject({
    ...{ code: 'SOURCE_SESSION', exit: 12, retryable: false },
    message: expect.stringMatching(
      /db:3306\/Stock .*: sql_select_limit is 1000, not 18446744073709551615; character_set_results is latin1, not utf8mb4$/,
    ),
  });
});
