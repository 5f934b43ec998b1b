import {
  type ClickHouseServer,
  type ClickHouseVersion,
  clickHouseQuery,
  startClickHouse,
} from './clickhouse-server.js';
import type { Env, Migration } from './migration.js';
import { oracleRows } from './oracle.js';
import { cacheDir, freshDataDir, installEnv, searchPath } from './servers.js';
import { type Comparison, compareRows, readTarget } from './target-rows.js';

/** A ClickHouse server that can be killed and started again on its folder and port. */
export interface OwnClickHouse {
  readonly env: Env;
  kill(): void;
  startAgain(): Promise<void>;
  stop(): Promise<void>;
  ask(sql: string): Promise<string>;
  /** Compares the table with the oracle of the source. */
  compare(source: Migration): Promise<Comparison>;
}

/** Starts one, with a profile of its own where one is given; its target's name is `own`. */
export async function startOwnClickHouse(version: ClickHouseVersion, profileXml?: string): Promise<OwnClickHouse> {
  const dataDir = freshDataDir('k-own-clickhouse');
  const password = 'own-server';
  const start = (port?: number): Promise<ClickHouseServer> =>
    startClickHouse({
      ...{ version, cacheDir, dataDir, path: searchPath, installEnv, password },
      ...(port === undefined ? {} : { port }),
      ...(profileXml === undefined ? {} : { profileXml }),
    });
  let server = await start();
  const { url, user } = server;
  const database = 'own';
  return {
    env: { TARGET: 'own', OWN_URL: url, OWN_USER: user, OWN_PASSWORD: password, OWN_DATABASE: database, CREATE: '1' },
    kill: () => server.kill(),
    startAgain: async () => {
      // A server that is not gone yet still has its port and the lock of its folder.
      await server.stop();
      server = await start(Number(new URL(url).port));
    },
    stop: () => server.stop(),
    ask: async (sql) => (await clickHouseQuery({ url, user, password }, sql)).trimEnd(),
    compare: ({ env, database: sourceDatabase }) => {
      const span = { first: 0, last: 2 ** 31 - 1 };
      const mongo = env.MONGO_URL === undefined ? {} : { mongoUrl: env.MONGO_URL, mongoDatabase: sourceDatabase };
      return compareRows(
        oracleRows({ mysqlUrl: env.MYSQL_URL ?? '', database: sourceDatabase, ...mongo, ...span }),
        readTarget({ ...{ url, user, password, database, table: 'images_analytical' }, ...span }),
      );
    },
  };
}
