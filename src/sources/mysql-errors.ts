import { exits, messageOf, TransloadError } from '../core/errors.js';
import { otherProtocol } from '../core/known-ports.js';
import { tlsFailure } from '../core/tls-failure.js';

const refused = new Set([
  'ER_ACCESS_DENIED_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_NOT_SUPPORTED_AUTH_MODE',
  'ER_HOST_NOT_PRIVILEGED',
  'ER_ACCOUNT_HAS_BEEN_LOCKED',
  'ER_MUST_CHANGE_PASSWORD_LOGIN',
]);
/** Failures of the way to the server, each with what to do about it; trying again would not help. */
const tls: Readonly<Record<string, string>> = {
  HANDSHAKE_SSL_ERROR: "MYSQL_CA must name the PEM file of the authority that signed the server's certificate",
  HANDSHAKE_NO_SSL_SUPPORT: 'leave MYSQL_CA out, or let the server offer TLS',
  ER_SECURE_TRANSPORT_REQUIRED: "set MYSQL_CA to the PEM file of the authority that signed the server's certificate",
};
/** mysql2 calls every failure while TLS is agreed HANDSHAKE_SSL_ERROR, a connection that was cut then too. */
const cut = /ECONNRESET|EPIPE|socket disconnected/;
const privilege = new Set([
  'ER_TABLEACCESS_DENIED_ERROR',
  'ER_COLUMNACCESS_DENIED_ERROR',
  'ER_SPECIFIC_ACCESS_DENIED_ERROR',
]);
const missing = new Set([
  'ER_NO_SUCH_TABLE',
  'ER_BAD_FIELD_ERROR',
  'ER_BAD_DB_ERROR',
  'ER_KEY_DOES_NOT_EXITS',
  'ER_PARSE_ERROR',
]);

/** Turns what mysql2 throws into an error a person can act on; `what` says what was being done and where. */
export function mysqlError(error: unknown, what: string, server: string): TransloadError {
  if (error instanceof TransloadError) return error;
  const code = (error as { code?: string }).code ?? '';
  const failure = tlsFailure(error, 'MYSQL');
  const said = `${messageOf(error)}${code === '' ? '' : ` (${code})`}`;
  const text = `${what}: ${failure === undefined ? said : `${failure.what} (${messageOf(error)})`}`;
  const options = { cause: error };
  if (/DB::Exception/.test(text)) {
    const hint = 'MYSQL_URL names the MySQL that is read, usually on port 3306; a ClickHouse is named by TARGET=';
    const words = `a ClickHouse answers at ${server} in the protocol of MySQL`;
    return new TransloadError(exits.usage, 'NOT_MYSQL', words, hint, options);
  }
  const [, user, host, database] = /'([^']*)'@'([^']*)' to database '([^']*)'/.exec(messageOf(error)) ?? [];
  if (code === 'ER_DBACCESS_DENIED_ERROR' && database !== undefined) {
    const hint = `GRANT SELECT ON \`${database}\`.* TO '${user}'@'${host}';`;
    return new TransloadError(exits.unreachable, 'SOURCE_PRIVILEGE', text, hint, options);
  }
  if (refused.has(code)) {
    return new TransloadError(
      exits.unreachable,
      'SOURCE_REFUSED',
      text,
      `check MYSQL_USER and MYSQL_PASSWORD for ${server}; a user who must come by TLS needs MYSQL_CA too`,
      options,
    );
  }
  const advice = cut.test(text) ? undefined : (failure?.hint ?? tls[code]);
  if (advice !== undefined) return new TransloadError(exits.unreachable, 'SOURCE_TLS', text, advice, options);
  if (privilege.has(code)) {
    const hint = 'give the user the privilege: GRANT SELECT ON <database>.* TO <user>';
    return new TransloadError(exits.unreachable, 'SOURCE_PRIVILEGE', text, hint, options);
  }
  if (missing.has(code)) {
    const isDatabase = code === 'ER_BAD_DB_ERROR';
    const hint = isDatabase
      ? 'name the database behind the last slash: MYSQL_URL=mysql://host:3306/database'
      : 'compare the source with the dataset by `make check`';
    return new TransloadError(exits.usage, 'SOURCE_SCHEMA', text, hint, options);
  }
  const other = what.startsWith('cannot connect') ? otherProtocol(server, '3306') : '';
  const hint = `is ${server} up and reachable${other}? Nothing is half-written: run the same command again`;
  return new TransloadError(exits.unreachable, 'SOURCE_LOST', text, hint, { ...options, retryable: true });
}
