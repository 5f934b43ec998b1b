import { describe, expect, test } from 'vitest';
import { createTableSql } from '../../../src/clickhouse/ddl.js';
import { parseColumnType } from '../../../src/core/column-type.js';
import { parseKind } from '../../../src/core/kinds.js';
import { drivingSource, shardColumns, sourceNamed } from '../../../src/dataset/declaration.js';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';
import { datasetFromJson } from '../../../src/dataset/read-dataset.js';
import { targetColumns } from './target-columns.js';

const { columns, sources, table, key } = imagesAnalytical;
const inPlace = (...places: string[]): string[] =>
  columns.filter(({ place }) => places.includes(place)).map(({ name }) => name);

test('the table has the 62 columns of target.md, in order and type', () => {
  const declared = columns.filter(({ place }) => place === 'target' || place === 'version');
  expect(targetColumns).toHaveLength(62);
  expect(declared.map(({ name, type }) => [name, type])).toEqual(targetColumns);
});

test('CREATE TABLE names them in that order, and the engine, key and partition of target.md', () => {
  const sql = createTableSql(imagesAnalytical, 'db', 'images_analytical');
  const lines = sql.split('\n').filter((line) => line.startsWith('  `'));
  expect(lines.map((line) => line.replace(/,$/, ''))).toEqual(
    targetColumns.map(([name, type]) => `  \`${name}\` ${type}`),
  );
  expect(sql).toContain('CREATE TABLE IF NOT EXISTS `db`.`images_analytical`');
  expect(sql).toContain('ENGINE = ReplacingMergeTree(`updated_at`)\nPARTITION BY toYYYYMM(upload_date)\nORDER BY (');
  const order =
    'has_face, detection_top_class_id, body_pose_cluster_512, hand_position_cluster_128, site_name_id, location_id, upload_date, image_id';
  expect(table.orderBy.join(', ')).toBe(order);
  expect(sql).toContain('enable_block_number_column = 1, enable_block_offset_column = 1');
});

test('the Mongo flags ride beside them (rule 6), the version does not ride in the shard', () => {
  const live = ['face_landmarks', 'body_landmarks', 'face_encodings', 'body_world_landmarks', 'body_landmarks_norm'];
  expect(inPlace('live')).toEqual(live.map((name) => `has_${name}`));
  expect(inPlace('shard')).toEqual(['mongo_left_hand', 'mongo_right_hand']);
  expect(inPlace('version')).toEqual([table.version]);
  expect(shardColumns(imagesAnalytical).map(({ name }) => name)).not.toContain('updated_at');
});

test('only a day that ClickHouse cannot hold becomes unknown; everything else is rejected (rule 7)', () => {
  expect(columns.filter(({ misfit }) => misfit !== 'reject').map(({ name }) => name)).toEqual(['upload_date']);
});

describe('the declaration is sound', () => {
  test('names are unique, also without regard to case', () => {
    for (const names of [columns.map(({ name }) => name), sources.map(({ name }) => name)]) {
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    }
    for (const { name } of sources) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
  });

  test('one source drives, keyed ones hang on its key', () => {
    expect(sources.filter(({ role }) => role === 'driving')).toHaveLength(1);
    expect(drivingSource(imagesAnalytical)).toMatchObject({ name: 'images', key: key.name, engine: 'mysql' });
    for (const source of sources) {
      expect(Object.keys(source.columns)).toContain(source.key);
      if (source.role === 'keyed') expect(source.key).toBe(key.name);
      if (source.on)
        expect(Object.keys(sourceNamed(imagesAnalytical, source.on.split('.')[0] ?? '').columns)).toContain(
          source.on.split('.')[1],
        );
    }
  });

  test('every kind and type is one that is carried', () => {
    for (const source of sources) for (const kind of Object.values(source.columns)) parseKind(kind);
    for (const { type } of columns) expect(parseColumnType(type).type.base).not.toBe('other');
  });

  test('only face_cluster’s table and MongoDB are optional', () => {
    expect(sources.filter(({ optional }) => optional).map(({ name }) => name)).toEqual([
      'mongo_encodings',
      'mongo_body_landmarks_norm',
      'mongo_body_world_landmarks',
      'mongo_hand_landmarks',
      'imagesclusters',
    ]);
  });

  test('BLOBs and boxes are not carried', () => {
    const encodings = Object.values(sourceNamed(imagesAnalytical, 'encodings').columns);
    expect(encodings.every((kind) => ['int', 'boolean', 'decimal(6,3)'].includes(kind))).toBe(true);
  });

  test('an unknown source is an error', () => {
    expect(() => sourceNamed(imagesAnalytical, 'nothing')).toThrow('no source nothing');
  });
});

describe('dataset.json', () => {
  test('holds the declaration whole', () => {
    expect(datasetFromJson(JSON.stringify(imagesAnalytical), 'dataset.json')).toEqual(imagesAnalytical);
  });

  test.each([
    ['no JSON', '{'],
    ['no declaration', '{"format":1}'],
    ['another format', JSON.stringify({ ...imagesAnalytical, format: 2 })],
    ['null', 'null'],
  ])('%s is exit 13 naming the file', (_, text) => {
    const damaged = expect.objectContaining({ code: 'DATASET_DAMAGED', exit: 13 }) as Error;
    expect(() => datasetFromJson(text, '/x/dataset.json')).toThrow(damaged);
    expect(() => datasetFromJson(text, '/x/dataset.json')).toThrow('/x/dataset.json');
  });
});
