import mysql from 'mysql2/promise';
import { inject } from 'vitest';

/** Kills the connections that are reading rows of a database right now; gives how many there were, one at most. */
export async function killReads(database: string): Promise<number> {
  const connection = await mysql.createConnection(inject('servers').mysqlUrl);
  try {
    for (let look = 0; look < 500; look++) {
      const [rows] = await connection.query(
        "SELECT id FROM information_schema.processlist WHERE db = ? AND info LIKE '%FROM `ImagesKeywords` FORCE INDEX%'",
        [database],
      );
      const [reading] = rows as { id: number }[];
      if (reading === undefined) continue;
      await connection.query(`KILL ${reading.id}`);
      return 1;
    }
    return 0;
  } finally {
    await connection.end();
  }
}
