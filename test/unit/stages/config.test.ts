import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { openHttp } from '../../../src/clickhouse/http.js';
import { messageOf } from '../../../src/core/errors.js';
import { defaultWorkers, installEnvironment, positive, serverConfig, targetConfig } from '../../../stages/config.js';
import { scratchFolder } from '../support.js';

const usage = (code: string): Error => expect.objectContaining({ code, exit: 2 }) as Error;
const secret = `p@s#s:w/o%r$ "'`;

describe('passwords (fault 20)', () => {
  test('percent-encoded in the URL', () => {
    const url = `mysql://me%40home:${encodeURIComponent(secret)}@h:3306/Stock`;
    const config = serverConfig({ MYSQL_URL: url }, 'MYSQL');
    expect(config).toMatchObject({ user: 'me@home', password: secret });
    expect(config?.url.href).toBe('mysql://h:3306/Stock');
  });

  test('as they are in a variable, which wins', () => {
    const env = { MYSQL_URL: 'mysql://a:b@h/Stock', MYSQL_USER: 'm%40e', MYSQL_PASSWORD: secret };
    expect(serverConfig(env, 'MYSQL')).toMatchObject({ user: 'm%40e', password: secret });
  });

  test('may be empty by the variable', () => {
    expect(serverConfig({ MYSQL_URL: 'mysql://a:b@h/Stock', MYSQL_PASSWORD: '' }, 'MYSQL')?.password).toBe('');
  });

  test.each([
    'mysql://u:50%off@h/db',
    `mysql://u:${secret}@h/db`,
    'h:3306:secret-word',
    '//u:secret-word@h',
    'mysql://u:123/secret-word@h/db',
  ])('a URL that cannot be read is wrong usage and is not repeated: %s', (url) => {
    const error = ((): unknown => {
      try {
        return serverConfig({ MYSQL_URL: url }, 'MYSQL');
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: 'URL_SYNTAX', exit: 2 });
    expect(messageOf(error)).not.toMatch(/off|secret|s:w|%r/);
    expect(messageOf(error)).toContain('MYSQL_URL');
  });
});

test('nothing set: no server', () => {
  expect(serverConfig({}, 'MONGO')).toBeUndefined();
  expect(serverConfig({ MONGO_URL: '' }, 'MONGO')).toBeUndefined();
});

test('a certificate authority is read from its file', () => {
  const path = join(scratchFolder(), 'ca.pem');
  const pem = `# two\n${rootCertificates[0]}\n${rootCertificates[1]}\n`;
  writeFileSync(path, pem);
  const env = { BOREAL_URL: 'https://h', BOREAL_CA: path };
  expect(serverConfig(env, 'BOREAL')?.ca).toBe(pem);
  const key = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
  for (const wrong of ['', 'PEM', key, `${rootCertificates[0]}`.replace(/MII/, 'AAA')]) {
    writeFileSync(path, wrong);
    expect(() => serverConfig(env, 'BOREAL')).toThrow(usage('CA_FILE'));
  }
  expect(() => serverConfig({ ...env, BOREAL_CA: `${path}.no` }, 'BOREAL')).toThrow(usage('CA_FILE'));
});

test('a silent server is waited for 600 s, or as long as is said', () => {
  const env = { MYSQL_URL: 'mysql://h/Stock', MONGO_URL: 'mongodb://h/stock', MONGO_TIMEOUT: '30' };
  expect(serverConfig(env, 'MYSQL')?.timeoutMs).toBe(600_000);
  expect(serverConfig(env, 'MONGO')?.timeoutMs).toBe(30_000);
  expect(() => serverConfig({ ...env, MYSQL_TIMEOUT: '0' }, 'MYSQL')).toThrow(usage('NUMBER_SYNTAX'));
});

describe('targets', () => {
  test('local needs nothing set', () => {
    const { url, ...rest } = targetConfig({}, 'local');
    expect(url.href).toBe('http://localhost:18123/');
    expect(rest).toMatchObject({ user: 'panda', password: 'pandapass', database: 'local', table: undefined });
  });

  test('boreal has no defaults but its patience', () => {
    expect(() => targetConfig({}, 'boreal')).toThrow(usage('TARGET_UNKNOWN'));
    expect(targetConfig({ BOREAL_URL: 'https://h:8443' }, 'boreal')).toMatchObject({
      timeoutMs: 600_000,
      user: undefined,
    });
  });

  test('my-box reads MY_BOX_URL and what belongs to it', () => {
    const env = {
      MY_BOX_URL: 'http://h:8123',
      MY_BOX_DATABASE: 'd',
      MY_BOX_TABLE: 't',
      MY_BOX_TIMEOUT: '7',
      MY_BOX_INSERT_ROWS: '100_000',
    };
    const expected = { name: 'my-box', database: 'd', table: 't', timeoutMs: 7000, insertRows: 100_000 };
    expect(targetConfig(env, 'my-box')).toMatchObject(expected);
  });

  test.each(['mysql', 'mongo', 'shards', 'export', '', 'My', '1a', 'a b', '../x', 'a.b'])('%j is no name', (name) => {
    expect(() => targetConfig({ MYSQL_URL: 'http://h', MONGO_URL: 'http://h' }, name)).toThrow(usage('TARGET_NAME'));
  });

  test.each([
    ['9000', '8123'],
    ['9440', '8443'],
  ])('the native port %s is recognised and %s named', (native, http) => {
    const config = targetConfig({ BOX_URL: `http://u:secret-word@h:${native}` }, 'box');
    expect(() => openHttp(config)).toThrow(usage('NATIVE_PORT'));
    expect(() => openHttp(config)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(http) as string }) as Error,
    );
  });
});

describe('numbers', () => {
  test('with underscores, or the default', () => {
    expect(positive({ N: '1_000' }, 'N', 5)).toBe(1000);
    expect(positive({}, 'N', 5)).toBe(5);
    expect(positive({ N: '' }, 'N', 5)).toBe(5);
  });

  test.each(['0', '-1', '1.5', 'x', '1e400', '9007199254740993'])('%s is none', (text) => {
    expect(() => positive({ N: text }, 'N', 5)).toThrow(usage('NUMBER_SYNTAX'));
  });
});

test('workers: export at most 4, join 1, load 2', () => {
  expect(defaultWorkers('export')).toBeLessThanOrEqual(4);
  expect([defaultWorkers('join'), defaultWorkers('load')]).toEqual([1, 2]);
});

test('an installer gets proxies and certificates, and no password', () => {
  const env = {
    https_proxy: 'p',
    NO_PROXY: 'n',
    SSL_CERT_FILE: 's',
    PIP_INDEX_URL: 'i',
    MYSQL_PASSWORD: 'x',
    HOME: '/h',
  };
  expect(Object.keys(installEnvironment(env))).toEqual(['https_proxy', 'NO_PROXY', 'SSL_CERT_FILE', 'PIP_INDEX_URL']);
});
