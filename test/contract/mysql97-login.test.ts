import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { table } from '../../src/dataset/declare.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { atDatabase, openSource, readAll } from '../support/read-source.js';
import { describeMysql97 } from '../support/real-mysql.js';

const database = 'contract_login';
const password = `p@s#s:w/o%r$ "'`;
const words = table('Words', 'id', { word: 'varchar' }, { reduce: { rows: 'one' } });
/** A view, so that the session of the product itself says whether it is encrypted. */
const cipher = table('Cipher', 'id', { cipher: 'varchar' }, { reduce: { rows: 'one' } });
const textOf = (rows: unknown[][]): string => Buffer.from(String(rows[0]?.[1]), 'hex').toString();

describeMysql97('a login with caching_sha2_password', (url) => {
  let admin: Connection;
  let authority: string;
  let folder: string;
  const as = (user: string, more: Readonly<Record<string, string>> = {}) => ({
    MYSQL_URL: atDatabase(url, database),
    MYSQL_USER: user,
    MYSQL_PASSWORD: password,
    ...more,
  });
  /** What a login is refused with; it never repeats the password, and one attempt is enough to know. */
  const refusal = async (env: Readonly<Record<string, string>>) => {
    const server = openSource(env);
    const error = await server.version().then(
      (version) => new Error(`let in: ${version}`),
      (thrown: Error & { hint?: string }) => thrown,
    );
    await server.close();
    expect(`${error.message} ${'hint' in error ? error.hint : ''}`).not.toContain(password);
    return error;
  };

  beforeAll(async () => {
    admin = await mysql.createConnection({ uri: url, multipleStatements: true });
    await admin.query(
      `DROP DATABASE IF EXISTS ${database}; CREATE DATABASE ${database}; USE ${database};
       CREATE TABLE Words (id INT PRIMARY KEY, word VARCHAR(20)); INSERT INTO Words VALUES (1, 'in plain words');
       CREATE VIEW Cipher AS SELECT 1 AS id, variable_value AS cipher
         FROM performance_schema.session_status WHERE variable_name = 'Ssl_cipher'`,
    );
    for (const [user, rest] of [
      ['reader', ''],
      ['private', 'REQUIRE SSL'],
      ['locked', 'ACCOUNT LOCK'],
      ['expired', 'PASSWORD EXPIRE'],
    ] as const) {
      await admin.query(
        `DROP USER IF EXISTS ${user}; CREATE USER ${user} IDENTIFIED WITH caching_sha2_password BY ? ${rest};
         GRANT SELECT ON ${database}.* TO ${user}`,
        [password],
      );
    }
    const [[files]] = await admin.query<RowDataPacket[]>('SELECT @@datadir AS folder, @@ssl_ca AS authority');
    authority = join(files?.folder, files?.authority);
    folder = mkdtempSync(join(tmpdir(), 'transload-'));
  });
  afterAll(async () => {
    await admin.end();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Reads both tables as a user whom the server does not remember; gives what was said on the way. */
  const readTapped = async (env: Readonly<Record<string, string>>) => {
    await admin.query('FLUSH PRIVILEGES');
    const tap = await startFaultProxy(url);
    const server = openSource({ ...env, MYSQL_URL: atDatabase(tap.url, database) });
    onTestFinished(async () => {
      await server.close();
      await tap.close();
    });
    expect(textOf((await readAll(server, words)).rows)).toBe('in plain words');
    return { cipher: textOf((await readAll(server, cipher)).rows), heard: tap.heard() };
  };

  it("without TLS gives the password by the server's RSA key, once", async () => {
    const { cipher, heard } = await readTapped(as('reader'));
    expect(cipher).toBe('');
    expect(heard).toContain('in plain words');
    expect(heard.split('BEGIN PUBLIC KEY')).toHaveLength(2);
    expect(heard).not.toContain(password);
  });

  it('with MYSQL_CA encrypts all that is said', async () => {
    const { cipher, heard } = await readTapped(as('reader', { MYSQL_CA: authority }));
    expect(cipher).toMatch(/^TLS_/);
    expect(heard.length).toBeGreaterThan(1000);
    for (const secret of ['in plain words', 'BEGIN PUBLIC KEY', 'reader', database, password]) {
      expect(heard).not.toContain(secret);
    }
  });

  it('of a user who must come by TLS is refused without MYSQL_CA, and the hint names it', async () => {
    expect(await refusal(as('private'))).toMatchObject({
      ...{ code: 'SOURCE_REFUSED', exit: 12, retryable: false },
      hint: expect.stringContaining('MYSQL_CA'),
    });
    expect((await readTapped(as('private', { MYSQL_CA: authority }))).cipher).toMatch(/^TLS_/);
  });

  it('at a server that takes nothing but TLS is refused without MYSQL_CA, and the hint names it', async () => {
    await admin.query('SET GLOBAL require_secure_transport = ON');
    onTestFinished(async () => {
      await admin.query('SET GLOBAL require_secure_transport = OFF');
    });
    expect(await refusal(as('reader'))).toMatchObject({
      ...{ code: 'SOURCE_TLS', exit: 12, retryable: false },
      hint: expect.stringContaining('MYSQL_CA'),
    });
  });

  it('ends where another authority signed the certificate, and the error says so (fault 30)', async () => {
    const other = join(folder, 'other.pem');
    writeFileSync(other, rootCertificates[0] ?? '');
    const refused = { code: 'SOURCE_TLS', exit: 12, retryable: false, hint: expect.stringContaining('MYSQL_CA') };
    for (const user of ['reader', 'private']) {
      const error = await refusal(as(user, { MYSQL_CA: other }));
      expect(error).toMatchObject(refused);
      expect(error.message).toMatch(/certificate/);
    }
  });

  it('at a server that offers no TLS is refused with MYSQL_CA', async () => {
    await admin.query("SET GLOBAL tls_version = ''; ALTER INSTANCE RELOAD TLS NO ROLLBACK ON ERROR");
    onTestFinished(async () => {
      await admin.query('SET GLOBAL tls_version = DEFAULT; ALTER INSTANCE RELOAD TLS');
    });
    expect(await refusal(as('reader', { MYSQL_CA: authority }))).toMatchObject({
      ...{ code: 'SOURCE_TLS', exit: 12, retryable: false },
      message: expect.stringContaining('does not support secure connection'),
    });
  });

  it('that is cut while TLS is agreed may be tried again', async () => {
    const tap = await startFaultProxy(url);
    onTestFinished(() => tap.close());
    tap.fail({ at: 'request', bytes: 0 });
    const lost = await refusal(as('reader', { MYSQL_CA: authority, MYSQL_URL: atDatabase(tap.url, database) }));
    expect(lost).toMatchObject({ code: 'SOURCE_LOST', exit: 12, retryable: true });
  });

  it('takes any password, percent-encoded in the URL too, and refuses every other one', async () => {
    for (const env of [
      as('reader'),
      { MYSQL_URL: atDatabase(url, database).replace(/\/\/.*@/, `//reader:${encodeURIComponent(password)}@`) },
    ]) {
      const server = openSource(env);
      expect(await server.version()).toMatch(/^MySQL 9\./);
      await server.close();
    }
    const refused = { code: 'SOURCE_REFUSED', exit: 12, retryable: false };
    expect(await refusal(as('reader', { MYSQL_PASSWORD: `${password} ` }))).toMatchObject(refused);
    expect(await refusal(as('locked'))).toMatchObject(refused);
    expect(await refusal(as('expired'))).toMatchObject(refused);
  });
});
