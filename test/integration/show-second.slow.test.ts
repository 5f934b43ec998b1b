import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Double, Long, MongoClient } from 'mongodb';
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { SampleEvent } from '../../src/core/sample-event.js';
import type { ShowEvent } from '../../src/core/show-event.js';
import { collection, column, gather, lookup, table } from '../../src/dataset/declare.js';
import { runCli } from '../support/cli.js';
import { boxEnv, dataFolder, type Env, migrate, onServer } from '../support/migration.js';
import { atDatabase } from '../support/read-source.js';

const database = 'show_second';
const key = 'parcel';
const large = '9007199254740993';
const largest = '18446744073709551615';
let env: Env & { DATA_DIR: string };
let server: Connection;
let mongo: MongoClient;

/** Another dataset: a 64-bit key, bytes, instants, a table without an index on the key, values of documents. */
const parcels = {
  ...{ format: 1, name: 'parcels', key: { name: key, digits: 20 }, options: [], oddities: [] },
  ...gather(
    [
      table(
        'Parcels',
        key,
        { [key]: 'bigint unsigned', code: 'varbinary(8)', room: 'int', taken: 'timestamp', price: 'decimal(20,4)' },
        { role: 'driving', reduce: { rows: 'one' } },
      ),
      table(
        'Notes',
        key,
        { [key]: 'bigint unsigned', note: 'varchar' },
        { reduce: { rows: 'best', order: 'note DESC' } },
      ),
      lookup('Rooms', 'room', { name: 'varchar' }, 'parcels.room'),
      collection('weights', key, { [key]: 'bigint unsigned', grams: 'double', 'tag.name': 'varchar' }),
    ],
    [
      column(key, 'UInt64', `parcels.${key}`),
      column('code', 'String', 'parcels.code'),
      column('room', 'LowCardinality(String)', 'rooms.name'),
      column('taken', "DateTime('Europe/Berlin')", 'parcels.taken'),
      column('price', 'Decimal(8, 4)', 'parcels.price'),
      column('note', 'Nullable(String)', 'notes.note'),
      column('grams', 'Float64', 'mongo_weights.grams', { unknown: '-1' }),
      column('tag', 'String', 'mongo_weights."tag.name"'),
      column('loaded', 'DateTime', '', { place: 'version' }),
    ],
  ),
  table: {
    ...{ name: 'parcels', engine: 'ReplacingMergeTree', version: 'loaded', partitionBy: '' },
    ...{ orderBy: ['room', key], settings: {} },
  },
};

async function run<T>(command: string, kind: string, more: Env): Promise<{ exit: number | null; event: T }> {
  const { exit, stdout } = await runCli(command, { ...env, JSON: '1', ...more });
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string });
  return { exit, event: events.find(({ event }) => event === kind) as T };
}

beforeAll(async () => {
  const { mysqlUrl, mongoUrl } = inject('servers');
  server = await mysql.createConnection({ uri: mysqlUrl, multipleStatements: true });
  await server.query(`DROP DATABASE IF EXISTS ${database}; CREATE DATABASE ${database} CHARACTER SET utf8mb4;
    USE ${database}; SET time_zone = '+00:00', sql_mode = '';
    CREATE TABLE Parcels (${key} BIGINT UNSIGNED PRIMARY KEY, code VARBINARY(8), room INT, taken TIMESTAMP NULL, price DECIMAL(20,4));
    CREATE TABLE Notes (${key} BIGINT UNSIGNED, note VARCHAR(20));
    CREATE TABLE Rooms (room INT PRIMARY KEY, name VARCHAR(20));
    INSERT INTO Rooms VALUES (1, 'hall'), (2, 'cellar');
    INSERT INTO Parcels VALUES (1, X'FF00FE', 1, '2024-10-27 00:30:00', 1.5), (9007199254740992, 'plain', 2, NULL, 2),
      (${large}, X'C328', 9, '2024-10-27 01:30:00', 3), (${largest}, NULL, 1, '1970-01-01 00:00:01', NULL),
      (5, 'a', 1, NULL, 12345.6789);
    INSERT INTO Notes VALUES (${large}, 'a'), (${large}, 'b'), (1, '')`);
  mongo = await MongoClient.connect(mongoUrl);
  const weights = mongo.db(database).collection('weights');
  await weights.drop().catch(() => undefined);
  await weights.createIndex({ [key]: 1 });
  await weights.insertMany([
    { [key]: Long.fromString(large), grams: new Double(0.1), tag: { name: 'é' } },
    { [key]: new Double(1), grams: new Double(-0.0), tag: 7 },
  ]);
  await onServer('26.7', `DROP DATABASE IF EXISTS ${database} SYNC`);
  const folder = dataFolder(database);
  mkdirSync(dirname(folder), { recursive: true });
  writeFileSync(`${folder}.json`, JSON.stringify(parcels));
  env = {
    ...{ MYSQL_URL: atDatabase(mysqlUrl, database), MONGO_URL: atDatabase(mongoUrl, database) },
    ...{ DATASET: `${folder}.json`, DATA_DIR: folder, RANGE_ROWS: '2', SHARD_ROWS: '4', ...boxEnv('26.7', database) },
  };
  await migrate(env);
});
afterAll(async () => {
  await server.end();
  await mongo.close();
});

it('64-bit keys, bytes that are no text, instants, documents: the same at all places', async () => {
  const { exit, event } = await run<ShowEvent>('show', 'show', { ID: large });
  expect([exit, event.problems]).toEqual([0, []]);
  expect(Object.fromEntries(event.columns.map(({ name, target }) => [name, target]))).toEqual({
    ...{ [key]: large, code: { hex: 'C328' }, room: '', taken: '2024-10-27 01:30:00', price: '3' },
    ...{ note: 'b', grams: '0.1', tag: 'é' },
  });
  const notes = event.sources.find(({ source }) => source === 'notes');
  expect(notes).toMatchObject({
    server: { rows: 2, why: 'Notes has no index on parcel: it is small, and was read once' },
  });
});

it('all keys are sampled, the rejected one among them', async () => {
  const { event } = await run<SampleEvent>('verify', 'sample', { SAMPLE: '100' });
  expect(event).toMatchObject({ keys: 5, rejected: 1, different: 0 });
  expect(event.notes).toEqual(['Notes has no index on parcel: it is small, and was read once']);
});

it('one byte, one key beside another above 2^53, a lookup, a document: each is found with its place', async () => {
  await onServer(
    '26.7',
    `ALTER TABLE ${database}.parcels UPDATE code = unhex('FF00FD') WHERE ${key} = 1 SETTINGS mutations_sync = 2`,
  );
  await server.query(`UPDATE Parcels SET price = 4 WHERE ${key} = ${large}`);
  await server.query("UPDATE Rooms SET name = 'cave' WHERE room = 2");
  await mongo
    .db(database)
    .collection('weights')
    .updateOne({ [key]: Long.fromString(large) }, { $set: { grams: new Double(0.2) } });
  const { exit, event } = await run<SampleEvent>('verify', 'sample', { SAMPLE: '100' });
  expect(exit).toBe(3);
  const since = 'changed at the source since';
  expect(event.differences).toEqual([
    {
      key: '1',
      column: 'code',
      expected: { hex: 'FF00FE' },
      found: { hex: 'FF00FD' },
      where: 'the target is not as its shard',
    },
    { key: '9007199254740992', column: 'room', expected: 'cave', found: 'cellar', where: since },
    { key: large, column: 'price', expected: '4', found: '3', where: since },
    { key: large, column: 'grams', expected: '0.2', found: '0.1', where: since },
  ]);
  const { event: shown } = await run<ShowEvent>('show', 'show', { ID: '9007199254740992' });
  expect(shown.problems).toEqual([
    expect.stringMatching(/^rooms: 2 rows of the lookup changed at the source since its export of 20/),
  ]);
});
