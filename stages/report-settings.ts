import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TransloadError } from '../src/core/errors.js';
import type { ServerConfig } from '../src/core/server-config.js';
import type { JoinedDataset } from '../src/dataset/declaration.js';
import type { NamedText } from '../src/report/facts.js';
import { type Environment, serverConfig, targetConfig } from './config.js';
import type { Session } from './session.js';

/**
 * A server for a page that may be passed on: scheme, hosts, database and user. Never the password, nor what an
 * address's options or path say: they may hold a key or a token, so of options only the names are told.
 */
function serverText(config: ServerConfig, withPath: boolean): string {
  const [address = '', options] = config.text.split('?', 2);
  const shown = withPath ? address : `${config.url.protocol}//${config.url.host}`;
  const names = [...new Set((options ?? '').split('&').map((option) => option.split('=')[0] ?? ''))].filter(Boolean);
  return [
    shown,
    `user ${config.user ?? '(none)'}`,
    config.password ? 'with a password' : 'without a password',
    ...(config.ca === undefined ? [] : ['its certificate is checked by an authority of its own']),
    ...(names.length === 0 ? [] : [`options ${names.join(', ')}`]),
    `time limit ${config.timeoutMs / 1000} s`,
  ].join(' · ');
}

/** What `of` gives, or why it gives nothing: a page of what was done does not need the servers. */
function setting(of: () => string | undefined): string {
  try {
    return of() ?? 'not configured here';
  } catch (error) {
    if (error instanceof TransloadError) return `not usable here: ${error.message}`;
    throw error;
  }
}

function targetText(env: Environment, name: string): string {
  if (name === 'embedded') return 'inside this program, in the data folder';
  const config = targetConfig(env, name);
  const table = config.table === undefined ? '' : ` · table ${config.table}`;
  return `${serverText(config, false)} · database ${config.database}${table} · at most ${config.insertRows} rows an insert`;
}

/** The configuration in force, without secrets: the dataset, the options of the join, and the servers. */
export function reportSettings(session: Session, joined: JoinedDataset, targets: readonly string[]): NamedText[] {
  const { env, dataset, dataDir } = session;
  const server = (prefix: string) => () => {
    const config = serverConfig(env, prefix);
    return config && serverText(config, true);
  };
  const options = Object.entries(joined.joined ?? {}).map(([name, value]) => ({ name: `join: ${name}`, text: value }));
  const { engine, version, partitionBy, orderBy } = dataset.table;
  return [
    { name: 'dataset', text: `${dataset.name}, key ${dataset.key.name}` },
    { name: 'data folder', text: dataDir },
    ...options,
    { name: 'MySQL', text: setting(server('MYSQL')) },
    { name: 'MongoDB', text: setting(server('MONGO')) },
    ...targets.map((name) => ({ name: `target ${name}`, text: setting(() => targetText(env, name)) })),
    {
      name: 'declared table',
      text: `${engine}(${version})${partitionBy === '' ? '' : `, partitioned by ${partitionBy}`}`,
    },
    { name: 'declared order', text: orderBy.join(', ') },
  ];
}

/** Packages that read, join and write the data. */
const named = ['mysql2', 'mongodb', '@duckdb/node-api', '@clickhouse/client'];

/** Versions of the tool, of what it runs on, and of what it reads and writes with. */
export function reportVersions(): NamedText[] {
  // This file is in dist/stages, the package's description above it.
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8');
  const { version, dependencies } = JSON.parse(text) as { version: string; dependencies: Record<string, string> };
  return [
    { name: 'transload', text: version },
    { name: 'format of the data folder', text: '1' },
    { name: 'Node.js', text: `${process.version}, ${process.platform} ${process.arch}` },
    ...named.map((name) => ({ name, text: dependencies[name] ?? 'unknown' })),
  ];
}
