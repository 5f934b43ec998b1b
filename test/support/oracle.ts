import type { Connection, RowDataPacket } from 'mysql2/promise';
import { createConnection } from 'mysql2/promise';
import type { OracleColumn, OracleType } from './oracle-columns.js';
import { fits, floatText, oracleColumns, unknownText } from './oracle-columns.js';
import { classify, type EthnicityFlag, ethnicityFlags } from './oracle-ethnicity.js';
import { type MongoSays, readMongo } from './oracle-mongo.js';
import { reducing, sessionStatements, wideSelect } from './oracle-sql.js';

export interface OracleOptions {
  readonly mysqlUrl: string;
  readonly database: string;
  /** Left out: MongoDB is not part of the plan. */
  readonly mongoUrl?: string;
  readonly mongoDatabase?: string;
  /** The ids to look at, both inclusive. */
  readonly first: number;
  readonly last: number;
  readonly hands?: 'either' | 'mysql' | 'mongo';
  /** Keeps NULL, as a shard does, instead of each column's unknown-value. */
  readonly nulls?: boolean;
}

export interface OracleRow {
  readonly key: number;
  /** Canonical texts by column, for every column of oracle-columns.ts; NULL only with `nulls`. */
  readonly values: Readonly<Record<OracleColumn, string | null>>;
  /** Columns whose value does not fit its type: the image must be rejected. */
  readonly misfits: readonly OracleColumn[];
}

interface Facts {
  readonly ethnicities: ReadonlyMap<number, ReadonlySet<EthnicityFlag>>;
  /** Undefined where MongoDB is not part of the plan. */
  readonly mongo: ReadonlyMap<number, MongoSays> | undefined;
  readonly hands: 'either' | 'mysql' | 'mongo';
  readonly nulls: boolean;
}

const imagesAQuery = 10_000;

/**
 * What target.md says of every image of the source, in image_id order: worked out on the source server from source.md
 * and target.md alone, sharing no code with the pipeline.
 */
export async function* oracleRows(options: OracleOptions): AsyncGenerator<OracleRow> {
  const connection = await createConnection({ uri: options.mysqlUrl, database: options.database, charset: 'utf8mb4' });
  try {
    for (const statement of sessionStatements) await connection.query(statement);
    const tables = await tableNames(connection, options.database);
    for (const statement of reducing(tables)) await connection.query(statement, [options.first, options.last]);
    const facts = await readFacts(connection, options);
    const select = wideSelect(tables);
    for (let first = options.first; first <= options.last; ) {
      const last = await chunkEnd(connection, first, options.last);
      const [rows] = await connection.query<RowDataPacket[]>(select, [first, last, first, last, first, last]);
      for (const row of rows) yield oracleRow(row, facts);
      first = last + 1;
    }
  } finally {
    await connection.end();
  }
}

async function tableNames(connection: Connection, database: string): Promise<ReadonlySet<string>> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ?',
    [database],
  );
  return new Set(rows.map((row) => String(row.name)));
}

async function readFacts(connection: Connection, options: OracleOptions): Promise<Facts> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT ethnicity_id, ethnicity FROM Ethnicity WHERE ethnicity IS NOT NULL',
  );
  return {
    ethnicities: new Map(rows.map((row) => [Number(row.ethnicity_id), classify(String(row.ethnicity))])),
    mongo:
      options.mongoUrl === undefined ? undefined : await readMongo(options.mongoUrl, options.mongoDatabase ?? 'stock'),
    hands: options.hands ?? 'either',
    nulls: options.nulls ?? false,
  };
}

/** The id of the last image of the chunk that starts at `first`. */
async function chunkEnd(connection: Connection, first: number, last: number): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT image_id FROM Images WHERE image_id BETWEEN ? AND ? ORDER BY image_id LIMIT 1 OFFSET ?',
    [first, last, imagesAQuery - 1],
  );
  return rows[0] === undefined ? last : Number(rows[0].image_id);
}

type Raw = Readonly<Record<string, unknown>>;

function oracleRow(row: Raw, facts: Facts): OracleRow {
  const key = Number(row.image_id);
  const merged: Raw = {
    ...row,
    keyword_ids: row.keyword_ids ?? '',
    ethnicity_ids: row.ethnicity_ids ?? '',
    detection_classes: row.detection_classes ?? '',
    ...ethnicityValues(row.ethnicity_ids, facts),
    ...handValues(row, facts.mongo?.get(key), facts),
    ...facts.mongo?.get(key),
  };
  const values: Partial<Record<OracleColumn, string | null>> = {};
  const misfits: OracleColumn[] = [];
  for (const [name, type] of Object.entries(oracleColumns) as [OracleColumn, OracleType][]) {
    const text = canonical(type, merged[name]);
    if (text !== null && !fits(type, text)) misfits.push(name);
    values[name] = text ?? (facts.nulls ? null : unknownText(type));
  }
  return { key, values: values as Record<OracleColumn, string | null>, misfits };
}

function canonical(type: OracleType, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  switch (type) {
    case 'Bool':
      return value === true || (typeof value === 'number' && value !== 0) ? 'true' : 'false';
    case 'Float32':
      return floatText(Number(value));
    default:
      return String(value);
  }
}

/** NULL for an image without a row in ImagesEthnicity; an id without a lookup row sets nothing. */
function ethnicityValues(ids: unknown, facts: Facts): Raw {
  if (ids === null || ids === undefined) return {};
  const classified = String(ids)
    .split(',')
    .map((id) => facts.ethnicities.get(Number(id)));
  return Object.fromEntries(
    ethnicityFlags.map((flag) => [`ethnicity_${flag}`, classified.some((flags) => flags?.has(flag) === true)]),
  );
}

function handValues(row: Raw, mongo: MongoSays | undefined, facts: Facts): Raw {
  const left = handValue(row.mysql_left_hand, mongo?.mongo_left_hand, facts);
  const right = handValue(row.mysql_right_hand, mongo?.mongo_right_hand, facts);
  const both = left === null || right === null ? null : false;
  return { has_left_hand: left, has_right_hand: right, has_hands: left === true || right === true ? true : both };
}

/** One hand as rule 5 has it; NULL where the sides that are asked say nothing. */
function handValue(mysql: unknown, mongo: boolean | undefined, facts: Facts): boolean | null {
  const mysqlSays = mysql === null || mysql === undefined ? null : mysql !== 0;
  if (facts.mongo === undefined || facts.hands === 'mysql') return mysqlSays;
  if (facts.hands === 'mongo') return mongo ?? null;
  return mongo === true ? true : mysqlSays;
}
