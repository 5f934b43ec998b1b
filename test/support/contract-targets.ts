import { inject } from 'vitest';
import type { ClickHouse } from '../../src/clickhouse/client.js';
import { openEmbedded } from '../../src/clickhouse/embedded.js';
import { openHttp } from '../../src/clickhouse/http.js';
import type { ClickHouseVersion } from './clickhouse-server.js';
import { type HostileUser, hostilePassword } from './hostile-users.js';

/** The ClickHouses that the contract of a target is held to. */
export const targetKinds = ['embedded', 'HTTP 26.7', 'HTTP 25.8'] as const;

/** A client of a server of the tests, as its administrator or as somebody whose profile is hostile. */
export function openServer(version: ClickHouseVersion, database: string, hostile?: HostileUser): ClickHouse {
  const server = inject('servers').clickhouse[version];
  const user = hostile ?? server.user;
  const password = hostile === undefined ? server.password : hostilePassword;
  const address = { url: new URL(server.url), text: server.url, user, password, ca: undefined };
  return openHttp({ ...address, name: 'box', database, timeoutMs: 60_000 });
}

/** Opens one; `folder` is the embedded one's. */
export async function openTarget(
  kind: (typeof targetKinds)[number],
  folder: string,
  database: string,
): Promise<ClickHouse> {
  if (kind === 'embedded') return openEmbedded(folder);
  return openServer(kind === 'HTTP 26.7' ? '26.7' : '25.8', database);
}
