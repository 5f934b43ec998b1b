import { describe, inject } from 'vitest';
import { describeMysql97 } from '../support/real-mysql.js';
import { knobs, roundTrips } from '../support/round-trip/suite.js';

/** The same as round-trip.test.ts with a hundred schemas on each server: some 15 minutes. SCHEMAS= and ROWS= change that. */
describe('many round trips', () => {
  const settings = knobs(process.env, 100, 1000);
  console.info(`round trips from TRANSLOAD_SEED=${settings.seed}`);
  describe('from the server of the demo', () =>
    roundTrips('the server of the demo', inject('servers').mysqlUrl, settings));
  describeMysql97('many round trips', (url) => roundTrips('MySQL 9.7', url, settings));
});
