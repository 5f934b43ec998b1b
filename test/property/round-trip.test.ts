import { describe, inject } from 'vitest';
import { describeMysql97 } from '../support/real-mysql.js';
import { knobs, roundTrips } from '../support/round-trip/suite.js';

/**
 * Random rows of random schemas arrive in ClickHouse as the source holds them, by bytes. Four schemas are about as many
 * as it takes for every kind of column to be among them.
 */
describe('a round trip', () => {
  const settings = knobs(process.env, 4, 1000);
  console.info(`round trips from TRANSLOAD_SEED=${settings.seed}`);
  describe('from the server of the demo', () =>
    roundTrips('the server of the demo', inject('servers').mysqlUrl, settings));
  describeMysql97('a round trip', (url) => roundTrips('MySQL 9.7', url, settings));
});
