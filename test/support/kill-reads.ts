import mysql from 'mysql2/promise';
import { inject } from 'vitest';

/**
 * Kills a connection that is reading rows of a database right now, or only its statement: the client then gets an error
 * in the middle of the rows. Gives how many there were, one at most.
 */
export async function killReads(database: string, what: 'CONNECTION' | 'QUERY'): Promise<number> {
  const connection = await mysql.createConnection(inject('servers').mysqlUrl);
  try {
    for (let look = 0; look < 500; look++) {
      const [rows] = await connection.query(
        "SELECT id FROM information_schema.processlist WHERE db = ? AND info LIKE '%FROM `ImagesKeywords` FORCE INDEX%'",
        [database],
      );
      const [reading] = rows as { id: number }[];
      if (reading === undefined) continue;
      await connection.query(`KILL ${what} ${reading.id}`);
      return 1;
    }
    return 0;
  } finally {
    await connection.end();
  }
}
