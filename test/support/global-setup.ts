import type { TestProject } from 'vitest/node';
import { clickhouse, mongoServer, mysql97, mysqlServer, stopAll } from './servers.js';

export interface ProvidedClickHouse {
  url: string;
  user: string;
  password: string;
}

/** What every test file of the run gets by `inject('servers')`. */
export interface ProvidedServers {
  mysqlUrl: string;
  /** Oracle's MySQL 9.7 beside it; null where it cannot be had: tests that need it are skipped with the reason. */
  mysql97Url: string | null;
  /** Why it cannot be had, in a line; '' where it runs. */
  mysql97Missing: string;
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
    const [mysql, newest, mongo, current, older] = await Promise.all([
      mysqlServer(),
      mysql97(),
      mongoServer(),
      clickhouse('26.7'),
      clickhouse('25.8'),
    ]);
    const mysql97Missing = 'unavailable' in newest ? (newest.unavailable.trim().split('\n', 1)[0] ?? '') : '';
    if ('unavailable' in newest) {
      console.error(`SKIPPED: every test on MySQL 9.7, which cannot be had here: ${newest.unavailable}`);
    }
    const access = ({ url, user, password }: ProvidedClickHouse): ProvidedClickHouse => ({ url, user, password });
    project.provide('servers', {
      mysqlUrl: mysql.url,
      mysql97Url: 'unavailable' in newest ? null : newest.url,
      mysql97Missing,
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
