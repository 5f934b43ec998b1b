import { describe, inject } from 'vitest';

/** Tests on the MySQL or MariaDB server of the demo, and the same ones again on Oracle's MySQL 9.7. */
export function describeMysql(title: string, tests: (url: string) => void): void {
  describe(`${title} on the server of the demo`, () => tests(inject('servers').mysqlUrl));
  describeMysql97(title, tests);
}

/** Tests on MySQL 9.7; where it cannot be had they are counted as skipped, under a name that says why. */
export function describeMysql97(title: string, tests: (url: string) => void): void {
  const { mysql97Url, mysql97Missing } = inject('servers');
  const reason = mysql97Url === null ? ` (SKIPPED: ${mysql97Missing})` : '';
  describe.skipIf(mysql97Url === null)(`${title} on MySQL 9.7${reason}`, () => tests(mysql97Url ?? ''));
}
