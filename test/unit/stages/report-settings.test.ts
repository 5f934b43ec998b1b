import { describe, expect, test } from 'vitest';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';
import { layoutOf } from '../../../src/manifest/layout.js';
import { reportSettings } from '../../../stages/report-settings.js';
import type { Session } from '../../../stages/session.js';

const session = (env: Record<string, string>): Session => ({
  ...{ env, command: 'report', dataset: imagesAnalytical, dataDir: 'data', target: 'embedded' },
  layout: layoutOf('/nowhere', imagesAnalytical.name, 10),
  ...{ report: () => undefined, abort: new AbortController(), closing: [], failures: [] },
});
const settings = (env: Record<string, string>, targets: string[] = []): Record<string, string> =>
  Object.fromEntries(reportSettings(session(env), imagesAnalytical, targets).map(({ name, text }) => [name, text]));

const secret = 'hush-hush';

describe('the configuration on the page', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'MySQL',
      { MYSQL_URL: `mysql://reader:${secret}@db1:3307/Stock` },
      'mysql://db1:3307/Stock · user reader · with a password',
    ],
    [
      'MySQL',
      { MYSQL_URL: 'mysql://db1/Stock', MYSQL_USER: 'reader', MYSQL_PASSWORD: secret },
      'mysql://db1/Stock · user reader · with a password',
    ],
    ['MySQL', { MYSQL_URL: 'mysql://reader@db1/Stock' }, 'mysql://db1/Stock · user reader · without a password'],
    [
      'MongoDB',
      {
        MONGO_URL: `mongodb://u:${secret}@h1:27017,h2:27018/stock?authMechanismProperties=AWS_SESSION_TOKEN:${secret}&replicaSet=rs0`,
      },
      'mongodb://h1:27017,h2:27018/stock · user u · with a password · options authMechanismProperties, replicaSet',
    ],
    [
      'target my-box',
      { MY_BOX_URL: `https://u:${secret}@box:8443/gate/${secret}?password=${secret}`, MY_BOX_DATABASE: 'stock' },
      'https://box:8443 · user u · with a password · options password · time limit 300 s · database stock',
    ],
  ])('%s of %j', (name, env, expected) => {
    const all = settings(env, ['my-box']);
    expect(all[name]).toContain(expected);
    expect(JSON.stringify(all)).not.toContain(secret);
  });

  test('a server that is not configured, or wrongly, is no error', () => {
    const all = settings({ MYSQL_URL: `mysql://u:${secret}#@db` }, ['embedded', 'box']);
    expect(all.MySQL).toBe('not usable here: MYSQL_URL is no URL');
    expect(all.MongoDB).toBe('not configured here');
    expect(all['target embedded']).toContain('inside this program');
    expect(all['target box']).toBe('not usable here: TARGET=box, but BOX_URL is not set');
  });

  test('the options of the join are those that the shards were made with', () => {
    const joined = { ...imagesAnalytical, joined: { hands: 'mysql' } };
    expect(reportSettings(session({}), joined, [])).toContainEqual({ name: 'join: hands', text: 'mysql' });
  });
});
