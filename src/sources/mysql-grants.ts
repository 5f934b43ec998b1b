import { exits, TransloadError } from '../core/errors.js';
import { type Ask, quote } from './mysql-sql.js';

const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** An account as GRANT takes it: `reader@%` is `'reader'@'%'`. A host holds no @, a user may. */
export function accountName(account: string): string {
  const at = account.lastIndexOf('@');
  return `${quoteText(account.slice(0, at))}@${quoteText(account.slice(at + 1))}`;
}

/**
 * The error that a table may not be read, with the GRANT that would change it: the server's own words name the machine
 * that the user comes from, and GRANT wants the account that let it in.
 */
export async function cannotRead(ask: Ask, table: string, cause: unknown, isOptional = false): Promise<TransloadError> {
  const [row] = await ask('SELECT DATABASE(), CURRENT_USER()');
  const [database, account] = [quote(String(row?.[0])), accountName(String(row?.[1]))];
  const grant = `GRANT SELECT ON ${database}.${quote(table)} TO ${account};`;
  const whole = `GRANT SELECT ON ${database}.* TO ${account};`;
  const hint = isOptional ? `${grant} -- where it is not there, this lets that be seen: ${whole}` : grant;
  const text = `table ${table} cannot be read by this user`;
  return new TransloadError(exits.unreachable, 'SOURCE_PRIVILEGE', text, hint, { cause });
}
