import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, runCli, startCli } from '../support/cli.js';
import { boxEnv, dataFolder, type Env, fillSources, migrate } from '../support/migration.js';
import { casesOf } from '../support/suite.js';

/** What a password may look like at its worst (fault 20). */
const secret = `p@s#s:w/o%r$ "'`;
const encoded = encodeURIComponent(secret).replaceAll("'", '%27');
/** Each form in which it could come out: as it is, in a URL, in JSON, in a header, in a shell word, in SQL. */
const forms = [
  secret,
  encoded,
  encodeURIComponent(secret),
  encodeURI(secret),
  JSON.stringify(secret).slice(1, -1),
  JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  secret.replaceAll("'", "\\'"),
  Buffer.from(secret).toString('base64'),
  Buffer.from(secret).toString('base64url'),
  Buffer.from(secret).toString('hex'),
  Buffer.from(`user:${secret}`).toString('base64'),
  // The part that a URL cut at # or / would show.
  's:w/o%r$',
];

let migrated: Env;
let closing: Server;

beforeAll(async () => {
  const source = await fillSources('secrets', { images: 300, months: 12 });
  migrated = { ...source.env, ...boxEnv('26.7', 'secrets'), DATA_DIR: dataFolder('secrets') };
  await migrate(migrated);
  // A server that is not one: it hangs up on everybody.
  closing = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await new Promise((resolve) => closing.once('listening', resolve));
});
afterAll(() => closing.close());

const textsBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'));

function expectNoSecret(what: string, { stdout, stderr }: CliResult, folder: string): void {
  const written = [stdout, stderr, ...textsBelow(folder)].join('\n');
  expect([what, forms.filter((form) => written.includes(form))]).toEqual([what, []]);
}

const port = (url: string | undefined): string => new URL(url ?? '').host;

describe('a password is in no output', () => {
  /** Each way of failing, as knobs over a migration that works. */
  const failures = (): Record<string, [string, Env]> => {
    const [mysql, mongo, box] = [port(migrated.MYSQL_URL), port(migrated.MONGO_URL), port(migrated.BOX_URL)];
    const dead = `127.0.0.1:${(closing.address() as { port: number }).port}`;
    const box8 = { BOX_USER: 'user', BOX_PASSWORD: secret };
    return {
      'mysql refuses, url': ['export', { MYSQL_URL: `mysql://user:${encoded}@${mysql}/secrets` }],
      'mysql refuses, variable': ['export', { MYSQL_USER: 'user', MYSQL_PASSWORD: secret }],
      'mysql hangs up': ['check', { MYSQL_URL: `mysql://user:${encoded}@${dead}/secrets` }],
      'mysql unknown host': ['check', { MYSQL_URL: `mysql://user:${encoded}@no-such-host.invalid/secrets` }],
      'mysql url broken': ['export', { MYSQL_URL: `mysql://user:${secret}@${mysql}/secrets` }],
      'mysql wrong CA': ['check', { MYSQL_PASSWORD: secret, MYSQL_CA: join(migrated.DATA_DIR ?? '', 'none.pem') }],
      'mongo refuses': ['export', { MONGO_URL: `mongodb://user:${encoded}@${mongo}/secrets` }],
      'mongo hangs up': [
        'check',
        { MONGO_URL: `mongodb://user:${encoded}@${dead}/secrets?serverSelectionTimeoutMS=500` },
      ],
      'mongo url broken': ['check', { MONGO_URL: `mongodb://user:${secret}@${mongo}/secrets` }],
      'clickhouse refuses, url': ['load', { BOX_URL: `http://user:${encoded}@${box}`, BOX_USER: '', BOX_PASSWORD: '' }],
      'clickhouse refuses, variable': ['load', box8],
      'clickhouse hangs up': ['query', { ...box8, BOX_URL: `http://${dead}`, SQL: 'SELECT 1' }],
      'clickhouse speaks no TLS': ['verify', { ...box8, BOX_URL: `https://${box}` }],
      'clickhouse url broken': ['load', { BOX_URL: `http://user:${secret}@${box}` }],
      'a native port': ['load', { ...box8, BOX_URL: `http://user:${encoded}@127.0.0.1:9000` }],
      'an unknown target': ['status', { TARGET: 'nowhere', NOWHERE_PASSWORD: secret }],
    };
  };

  it.each(casesOf(['in turn'], ['plain', 'JSON']))('whatever fails, %s', async (how) => {
    for (const [index, [what, [command, knobs]]] of Object.entries(failures()).entries()) {
      const more: Env = how === 'JSON' || (how === 'in turn' && index % 2 === 0) ? { JSON: '1' } : {};
      const result = await runCli(command, { ...migrated, AGAIN: '1', ...knobs, ...more });
      if (command !== 'status') expect([what, result.exit]).not.toEqual([what, 0]);
      expectNoSecret(what, result, migrated.DATA_DIR ?? '');
    }
  });
});

it.skipIf(process.platform !== 'linux')('the embedded server listens nowhere while a load runs', async () => {
  const child = startCli('load', { ...migrated, TARGET: 'embedded', AGAIN: '1' });
  const listening = (): string[] => {
    const sockets = new Set<string>();
    for (const fd of readdirSync(`/proc/${child.pid}/fd`)) {
      try {
        const inode = /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${child.pid}/fd/${fd}`))?.[1];
        if (inode !== undefined) sockets.add(inode);
      } catch {
        // It was closed since.
      }
    }
    const rows = ['tcp', 'tcp6'].flatMap((kind) => readFileSync(`/proc/${child.pid}/net/${kind}`, 'utf8').split('\n'));
    // State 0A is LISTEN; the inode is the tenth word.
    return rows.filter((row) => {
      const words = row.trim().split(/\s+/);
      return words[3] === '0A' && sockets.has(words[9] ?? '');
    });
  };
  let looked = 0;
  const found: string[] = [];
  while (child.exitCode === null && child.signalCode === null) {
    try {
      found.push(...listening());
      looked++;
    } catch {
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect((await child.result).exit).toBe(0);
  expect(looked).toBeGreaterThan(3);
  expect(found).toEqual([]);
});
