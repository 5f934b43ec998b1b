import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { openHttp } from '../../src/clickhouse/http.js';
import { targetConfig } from '../../stages/config.js';
import { type Authority, makeAuthority } from '../support/certificates.js';
import { openSource } from '../support/read-source.js';
import { describeMysql97 } from '../support/real-mysql.js';
import { startTlsProxy } from '../support/tls-proxy.js';

const { mysql97Url, mongoUrl, clickhouse } = inject('servers');
let authority: Authority;
let folder: string;
let files: Record<'ours' | 'others', string>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'transload-'));
  authority = makeAuthority('Test Authority');
  files = { ours: join(folder, 'ours.pem'), others: join(folder, 'others.pem') };
  writeFileSync(files.ours, authority.cert);
  writeFileSync(files.others, makeAuthority('Another Authority').cert);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Identity = ReturnType<Authority['issue']>;
type Ask = (host: string, identity: Identity, ca: string | undefined) => Promise<string>;

const askClickHouse: Ask = async (host, identity, ca) => {
  const { url, user, password } = clickhouse['25.8'];
  const proxy = await startTlsProxy(url, identity);
  onTestFinished(() => proxy.close());
  const env = { BOX_URL: `https://${host}:${proxy.port}`, BOX_USER: user, BOX_PASSWORD: password };
  const client = openHttp(targetConfig(ca === undefined ? env : { ...env, BOX_CA: ca }, 'box'));
  onTestFinished(() => client.close());
  return String((await client.rows('SELECT version()'))[0]?.[0]);
};

const askSource = async (env: Readonly<Record<string, string>>): Promise<string> => {
  const server = openSource(env);
  onTestFinished(() => server.close());
  return server.version();
};

const askMongo: Ask = async (host, identity, ca) => {
  const proxy = await startTlsProxy(mongoUrl, identity);
  onTestFinished(() => proxy.close());
  const url = `mongodb://${host}:${proxy.port}/stock?directConnection=true&tls=true&serverSelectionTimeoutMS=1000`;
  return askSource(ca === undefined ? { MONGO_URL: url } : { MONGO_URL: url, MONGO_CA: ca });
};

let admin: Connection;
/** The server takes another certificate while it runs. */
const askMysql: Ask = async (host, { cert, key }, ca) => {
  for (const [name, text] of [
    ['cert', cert],
    ['key', key],
  ] as const) {
    writeFileSync(join(folder, name), text);
    await admin.query(`SET GLOBAL ssl_${name} = ?`, [join(folder, name)]);
  }
  await admin.query('SET GLOBAL ssl_ca = ?', [files.ours]);
  await admin.query('ALTER INSTANCE RELOAD TLS');
  const url = Object.assign(new URL(mysql97Url ?? ''), { hostname: host, pathname: '/mysql' });
  return askSource(ca === undefined ? { MYSQL_URL: url.href } : { MYSQL_URL: url.href, MYSQL_CA: ca });
};

const trusted: readonly (readonly [string, readonly string[]])[] = [
  ['127.0.0.1', ['127.0.0.1']],
  ['localhost', ['db.example.com', 'localhost']],
];

function holds(ask: Ask, prefix: string, code: string): void {
  const failure = (host: string, hosts: readonly string[], ca: keyof typeof files | undefined, days?: number) =>
    ask(host, authority.issue(hosts, days), ca && files[ca]).then(
      (version) => new Error(`let in: ${version}`),
      (error: Error) => error,
    );
  const refused = { code, exit: 12, retryable: false };

  it.each(trusted)(`with ${prefix}_CA it is reached at %s`, async (host, hosts) => {
    expect(await ask(host, authority.issue(hosts), files.ours)).toMatch(/\d+\.\d+/);
  });

  it('another authority signed the certificate', async () => {
    expect(await failure('127.0.0.1', ['127.0.0.1'], 'others')).toMatchObject({
      ...refused,
      message: expect.stringContaining('an authority that is not trusted'),
      hint: expect.stringContaining(`${prefix}_CA`),
    });
  });

  it.each([
    ['localhost', ['127.0.0.1', 'db.example.com']],
    ['127.0.0.1', ['localhost', '127.0.0.2']],
  ])('at %s a certificate for %j is not for this host', async (host, hosts) => {
    expect(await failure(host, hosts, 'ours')).toMatchObject({
      ...refused,
      message: expect.stringMatching(
        /the host's name is not in the server's certificate .*(db\.example\.com|127\.0\.0\.2)/,
      ),
      hint: expect.stringContaining(`${prefix}_URL`),
    });
  });

  // A MySQL server does not start with one.
  if (prefix === 'MYSQL') return;
  it('a certificate that has expired', async () => {
    expect(await failure('127.0.0.1', ['127.0.0.1'], 'ours', -1)).toMatchObject({
      ...refused,
      message: expect.stringMatching(/not valid at this time .*expired/),
    });
  });
}

describe('ClickHouse behind a private authority (fault 30)', () => {
  holds(askClickHouse, 'BOX', 'TARGET_TLS');

  it('without BOX_CA: the error names it', async () => {
    await expect(askClickHouse('localhost', authority.issue(['localhost']), undefined)).rejects.toMatchObject({
      ...{ code: 'TARGET_TLS', exit: 12, retryable: false, hint: expect.stringContaining('BOX_CA') },
    });
  });

  it('https to a port that speaks none', async () => {
    const { url } = clickhouse['25.8'];
    const client = openHttp(targetConfig({ BOX_URL: url.replace('http:', 'https:') }, 'box'));
    onTestFinished(() => client.close());
    await expect(client.rows('SELECT 1')).rejects.toMatchObject({
      ...{ code: 'TARGET_TLS', retryable: false, message: expect.stringContaining('does not speak TLS') },
    });
  });
});

describe('MongoDB behind a private authority (fault 30)', () => {
  holds(askMongo, 'MONGO', 'SOURCE_TLS');

  it('without MONGO_CA: the error names it', async () => {
    await expect(askMongo('localhost', authority.issue(['localhost']), undefined)).rejects.toMatchObject({
      ...{ code: 'SOURCE_TLS', exit: 12, retryable: false, hint: expect.stringContaining('MONGO_CA') },
    });
  });
});

describeMysql97('MySQL behind a private authority (fault 30)', (url) => {
  let before: readonly unknown[];
  beforeAll(async () => {
    admin = await mysql.createConnection({ uri: url });
    const [rows] = await admin.query({ sql: 'SELECT @@ssl_ca, @@ssl_cert, @@ssl_key', rowsAsArray: true });
    before = (rows as unknown[][])[0] ?? [];
  });
  afterAll(async () => {
    await admin.query('SET GLOBAL ssl_ca = ?, GLOBAL ssl_cert = ?, GLOBAL ssl_key = ?', [...before]);
    await admin.query('ALTER INSTANCE RELOAD TLS');
    await admin.end();
  });

  holds(askMysql, 'MYSQL', 'SOURCE_TLS');

  it('a certificate that names no host, as MySQL makes them for itself, is one of its own authority', async () => {
    expect(await askMysql('127.0.0.1', authority.issue([]), files.ours)).toMatch(/^MySQL 9/);
    await expect(askMysql('127.0.0.1', authority.issue([]), files.others)).rejects.toMatchObject({
      code: 'SOURCE_TLS',
    });
  });
});
