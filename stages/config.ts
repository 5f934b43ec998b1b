import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import dotenv from 'dotenv';
import { messageOf, usageError } from '../src/core/errors.js';
import type { ServerConfig } from '../src/core/server-config.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment with `.env` behind it: what is set in the environment wins. Read here and nowhere else. */
export function readEnvironment(): Environment {
  const fromFile = ((): Record<string, string> => {
    try {
      return dotenv.parse(readFileSync('.env'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw usageError('ENV_FILE', `cannot read .env: ${messageOf(error)}`, 'see .env.example');
    }
  })();
  return { ...fromFile, ...process.env };
}

/** Proxy and certificate variables that package installers need; nothing else is passed to them. */
export function installEnvironment(env: Environment): Record<string, string> {
  const names = Object.keys(env).filter(
    (name) => /_proxy$/i.test(name) || /^(PIP_|SSL_CERT|REQUESTS_CA|NODE_EXTRA_CA)/.test(name),
  );
  return Object.fromEntries(names.map((name) => [name, env[name] ?? '']));
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

/** A server may think for long before its first row, and no longer than this. */
const silenceSeconds = 600;

/**
 * Reads `<PREFIX>_URL`, `_USER`, `_PASSWORD`, `_CA` and `_TIMEOUT` (seconds). A password in the URL is percent-encoded, one in its variable
 * stands as it is; neither is in the URL that is kept. Errors never repeat the URL, since it may hold a password.
 */
export function serverConfig(
  env: Environment,
  prefix: string,
  fallback?: string,
  seconds = silenceSeconds,
): ServerConfig | undefined {
  const text = nonEmpty(env[`${prefix}_URL`]) ?? fallback;
  if (text === undefined) return undefined;
  // MongoDB's own form, host:port,host:port, is no URL: what is behind the first host is kept in the text alone.
  const firstHost = text.replace(/^(mongodb(?:\+srv)?:\/\/[^/]*?)(?:,[^/?]*)?(?=[/?]|$)/, '$1');
  if (!URL.canParse(firstHost)) {
    throw usageError(
      'URL_SYNTAX',
      `${prefix}_URL is no URL`,
      `write ${prefix}_URL=scheme://host:port/database; encode special characters`,
    );
  }
  const url = new URL(firstHost);
  // A password with a raw # or / ends the host early, and its rest would be shown as part of an address.
  if (url.host === '' || url.hash !== '' || url.pathname.includes('@')) {
    throw usageError(
      'URL_SYNTAX',
      `${prefix}_URL is no URL`,
      `write ${prefix}_URL=scheme://host:port/database; encode special characters`,
    );
  }
  const decode = (part: string): string | undefined => {
    try {
      return part === '' ? undefined : decodeURIComponent(part);
    } catch {
      const hint = `write % as %25, or put the password into ${prefix}_PASSWORD as it is`;
      throw usageError('URL_SYNTAX', `${prefix}_URL: the user or password is not percent-encoded`, hint);
    }
  };
  const user = nonEmpty(env[`${prefix}_USER`]) ?? decode(url.username);
  const password = env[`${prefix}_PASSWORD`] ?? decode(url.password);
  url.username = '';
  url.password = '';
  return {
    url,
    text: text.replace(/^(\w[\w+.-]*:\/\/)[^/?]*@/, '$1'),
    user,
    password,
    ca: authority(env, prefix),
    timeoutMs: positive(env, `${prefix}_TIMEOUT`, seconds) * 1000,
  };
}

function authority(env: Environment, prefix: string): string | undefined {
  const path = nonEmpty(env[`${prefix}_CA`]);
  if (path === undefined) return undefined;
  const hint = 'name the PEM file of the authority: its certificates stand between BEGIN and END CERTIFICATE';
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError('CA_FILE', `${prefix}_CA=${path} cannot be read: ${messageOf(error)}`, hint);
  }
  // Drivers pass over what is no certificate, and would then trust nobody.
  const certificates = text.match(
    /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]*-----END (?:TRUSTED )?CERTIFICATE-----/g,
  );
  if (certificates === null) throw usageError('CA_FILE', `${prefix}_CA=${path} holds no certificate`, hint);
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (error) {
    throw usageError('CA_FILE', `${prefix}_CA=${path} holds a damaged certificate: ${messageOf(error)}`, hint);
  }
  return text;
}

export interface TargetConfig extends ServerConfig {
  readonly name: string;
  readonly database: string;
  readonly table: string | undefined;
  readonly insertRows: number;
}

const reserved = new Set(['mysql', 'mongo', 'shards', 'export']);
/** Rows of one insert where nothing else is said: more than a shard holds. */
export const insertRowsMax = 2_000_000;

/** The settings of a target by name; `my-box` reads MY_BOX_URL. `local` needs nothing set (interface.md). */
export function targetConfig(env: Environment, name: string): TargetConfig {
  if (reserved.has(name) || !/^[a-z][a-z0-9_-]*$/.test(name)) {
    throw usageError(
      'TARGET_NAME',
      `"${name}" cannot be a target's name`,
      'name targets with lower-case letters, digits and dashes',
    );
  }
  const prefix = name.toUpperCase().replaceAll('-', '_');
  const local = name === 'local' ? 'http://localhost:18123' : undefined;
  const server = serverConfig(env, prefix, local, name === 'boreal' ? 600 : 300);
  if (server === undefined) {
    throw usageError(
      'TARGET_UNKNOWN',
      `TARGET=${name}, but ${prefix}_URL is not set`,
      `set ${prefix}_URL=https://host:8443 in .env`,
    );
  }
  return {
    ...server,
    user: server.user ?? (name === 'local' ? 'panda' : undefined),
    password: server.password ?? (name === 'local' ? 'pandapass' : undefined),
    name,
    database: nonEmpty(env[`${prefix}_DATABASE`]) ?? (name === 'local' ? 'local' : 'default'),
    table: nonEmpty(env[`${prefix}_TABLE`]),
    insertRows: positive(env, `${prefix}_INSERT_ROWS`, insertRowsMax),
  };
}

/** A whole number above 0 from the environment, or the default; `without` is how that is called. */
export function positive(env: Environment, name: string, otherwise: number, without = String(otherwise)): number {
  const text = nonEmpty(env[name]);
  if (text === undefined) return otherwise;
  const number = Number(text.replaceAll('_', ''));
  if (!Number.isSafeInteger(number) || number < 1) {
    throw usageError('NUMBER_SYNTAX', `${name}=${text} is no whole number above 0`, `leave it out for ${without}`);
  }
  return number;
}

/** Units at once by stage, where WORKERS= says nothing. */
export function defaultWorkers(stage: string): number {
  if (stage === 'export') return Math.min(4, availableParallelism());
  return stage === 'load' ? 2 : 1;
}
