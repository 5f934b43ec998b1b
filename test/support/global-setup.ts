import type { TestProject } from 'vitest/node';
import { clickhouse, mongoServer, mysqlServer, stopAll } from './servers.js';

export interface ProvidedClickHouse {
  url: string;
  user: string;
  password: string;
}

/** What every test file of the run gets by `inject('servers')`. */
export interface ProvidedServers {
  mysqlUrl: string;
  mongoUrl: string;
  clickhouse: Record<'26.7' | '25.8', ProvidedClickHouse>;
}

declare module 'vitest' {
  interface ProvidedContext {
    servers: ProvidedServers;
  }
}

/** Starts the servers once for the whole run; named in `globalSetup` of the test projects that need them. */
export async function setup(project: TestProject): Promise<void> {
  try {
    const [mysql, mongo, current, older] = await Promise.all([
      mysqlServer(),
      mongoServer(),
      clickhouse('26.7'),
      clickhouse('25.8'),
    ]);
    const access = ({ url, user, password }: ProvidedClickHouse): ProvidedClickHouse => ({ url, user, password });
    project.provide('servers', {
      mysqlUrl: mysql.url,
      mongoUrl: mongo.url,
      clickhouse: { '26.7': access(current), '25.8': access(older) },
    });
  } catch (error) {
    await stopAll();
    throw error;
  }
}

export async function teardown(): Promise<void> {
  await stopAll();
}
