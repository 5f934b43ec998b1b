import { describe, expect, test } from 'vitest';
import { clockFinding, serverFindings } from '../../../src/pipeline/server-findings.js';
import type { ServerFacts } from '../../../src/sources/facts.js';

const mysql = { name: 'MySQL', prefix: 'MYSQL' };
const facts: ServerFacts = {
  version: 'MySQL 9.7.0',
  where: 'db.example.com:3306/Stock',
  database: 'Stock',
  account: "'reader'@'%'",
  isNear: false,
  cipher: 'TLS_AES_256_GCM_SHA384',
  clock: undefined,
  settings: [],
};
const said = (more: Partial<ServerFacts>, name = mysql): string[] =>
  serverFindings(name, { ...facts, ...more }).map(({ what, level, found }) => `${what} ${level}: ${found}`);

test('who answers, and as whom', () => {
  expect(said({})[0]).toBe("MySQL fine: MySQL 9.7.0 at db.example.com:3306/Stock, user 'reader'@'%'");
  expect(said({ account: undefined }, { name: 'MongoDB', prefix: 'MONGO' })[0]).toMatch(/, without a user$/);
});

describe('a connection', () => {
  test('that is encrypted is fine, and so is one that leaves no machine', () => {
    expect(said({})[1]).toBe('MySQL connection fine: encrypted (TLS_AES_256_GCM_SHA384)');
    expect(said({ cipher: undefined, isNear: true })[1]).toBe(
      'MySQL connection fine: not encrypted; the server is on this machine',
    );
  });

  test('that is not encrypted over a network is a warning, with what to set', () => {
    const [, connection] = serverFindings(mysql, { ...facts, cipher: undefined });
    expect(connection).toMatchObject({ level: 'warning', found: expect.stringMatching(/^not encrypted: /) });
    expect(connection?.hint.split('\n')).toEqual([expect.stringMatching(/PEM file/), 'MYSQL_CA=ca.pem']);
  });
});

describe('settings', () => {
  const setting = (name: string, server: string, session: string) => ({ name, server, session });

  test('that transload changes for its own sessions are said', () => {
    const settings = [
      setting('net_write_timeout', '60', '3600'),
      setting('wait_timeout', '28800', '28800'),
      setting('max_statement_time', '2.000000', '0.000000'),
      setting('sql_select_limit', '1000', '18446744073709551615'),
    ];
    expect(said({ settings })[2]).toBe(
      "MySQL settings fine: in transload's own sessions net_write_timeout 60 → 3600, max_statement_time 2 → 0, sql_select_limit 1000 → 18446744073709551615",
    );
    expect(said({ settings: [setting('max_statement_time', '0.000000', '0')] })[2]).toMatch(/fine: none that cuts/);
  });
});

describe('clocks', () => {
  const clock = (name: string, aheadMs: number, uncertainMs = 1) => ({ name, clock: { aheadMs, uncertainMs } });

  test.each([
    [[clock('MySQL', 3), clock('ClickHouse', -1200)], 'fine', 'MySQL as here, ClickHouse 1.2 s behind'],
    [[clock('MySQL', 5001)], 'fine', 'MySQL 5.0 s ahead'],
    [[clock('MySQL', 5002)], 'warning', 'MySQL 5.0 s ahead: '],
    [[clock('MySQL', 6000, 1500)], 'fine', 'MySQL 6.0 s ahead'],
    [[clock('MySQL', 0), clock('ClickHouse', -3_600_000)], 'warning', 'MySQL as here, ClickHouse 3600 s behind: '],
  ])('%j is %s', (clocks, level, text) => {
    expect(clockFinding(clocks)).toMatchObject({ level, found: expect.stringContaining(text) });
  });

  test('that were not told are not judged', () => {
    expect(clockFinding([{ name: 'MongoDB', clock: undefined }])).toBeUndefined();
  });
});
