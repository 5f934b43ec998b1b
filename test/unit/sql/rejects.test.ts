import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shardColumns } from '../../../src/dataset/declaration.js';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';
import type { Engine } from '../../../src/sql/engine.js';
import { literal } from '../../../src/sql/relations.js';
import { scratchFolder } from '../support.js';
import { images, joinRows, openTestEngine, type Row, type Rows } from './joined.js';

const folder = scratchFolder();
let engine: Engine;
beforeAll(async () => {
  engine = await openTestEngine(folder);
});
afterAll(() => engine.close());

const image = (image_id: number, rest: Row = {}): Row => ({ ...images(image_id)[0], ...rest });
const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

describe('lossless (rule 1)', () => {
  test('what no source knows is NULL, what is empty stays empty, 0 stays 0', async () => {
    const { rows } = await joinRows(engine, folder, {
      images: [image(1), image(2, { author: '', caption: '', location_id: 0, w: 0 })],
      imageshsv: [{ image_id: 2, cluster_id: 0, cluster_dist: 0.5 }],
      encodings: [{ image_id: 2, encoding_id: 1, is_face: 0, face_x: '0' }],
    });
    const columns = ['author', 'caption', 'location_id', 'width', 'hsv_cluster', 'has_face', 'face_x', 'site_name'];
    const pick = (index: number): unknown[] => columns.map((name) => rows[index]?.[name]);
    expect(pick(0)).toEqual(columns.map(() => null));
    expect(pick(1)).toEqual(['', '', 0, 0, 0, false, '0.000', null]);
  });

  test('text arrives byte for byte', async () => {
    const captions = [
      '  blanks kept  ',
      'quotes \' " ` ’',
      '漢字 Tiếng Việt',
      '😀',
      '\u0080\u0093',
      'tab\tand\nline\\',
    ];
    const { rows } = await joinRows(engine, folder, {
      images: captions.map((caption, index) => image(index + 1, { caption })),
    });
    expect(rows.map((row) => row['caption'])).toEqual(captions);
  });

  test('a decimal keeps its digits: 2.034 is not 2.033', async () => {
    const texts = ['2.034', '-180', '999.999', '-999.999', '0.001'];
    const { rows } = await joinRows(engine, folder, {
      images: images(...texts.keys()),
      encodings: texts.map((face_z, index) => ({ image_id: index, encoding_id: index, face_z })),
    });
    expect(rows.map((row) => Number(row['face_z']))).toEqual(texts.map(Number));
    expect(rows[0]?.['face_z']).toBe('2.034');
  });

  test('an image with an id that the lookup lacks keeps the id; the name is unknown, and it is counted', async () => {
    const { rows, oddities } = await joinRows(engine, folder, {
      images: [image(1, { site_name_id: 1 }), image(2, { site_name_id: 99 }), image(3)],
      site: [{ site_name_id: 1, site_name: 'getty' }],
    });
    expect(rows.map((row) => [row['site_name_id'], row['site_name']])).toEqual([
      [1, 'getty'],
      [99, null],
      [null, null],
    ]);
    expect(oddities.get('no_lookup_row:site')).toEqual([1, 2]);
  });

  test('rows of an image that is not there make no row, and are counted', async () => {
    const { rows, oddities } = await joinRows(engine, folder, {
      images: images(2),
      detections: [
        { image_id: 1, class_id: 1, conf: 0.5 },
        { image_id: 2, class_id: 1, conf: 0.5 },
        { image_id: 3, class_id: 1, conf: 0.5 },
      ],
    });
    expect(rows.map((row) => row['image_id'])).toEqual([2]);
    expect(oddities.get('no_row_in_images:detections')).toEqual([2, 1]);
  });
});

describe('what does not fit its column (rule 7)', () => {
  /** Column, source value by source, whether it fits. */
  const cases: readonly (readonly [string, Rows, boolean])[] = [
    ['site_name_id', { images: [image(1, { site_name_id: 255 })] }, true],
    ['site_name_id', { images: [image(1, { site_name_id: 256 })] }, false],
    ['site_name_id', { images: [image(1, { site_name_id: -1 })] }, false],
    ['location_id', { images: [image(1, { location_id: 65535 })] }, true],
    ['location_id', { images: [image(1, { location_id: 65536 })] }, false],
    ['width', { images: [image(1, { w: -1 })] }, false],
    ['is_dupe_of', { encodings: [{ image_id: 1, is_dupe_of: 2147483647 }] }, true],
    ['is_dupe_of', { encodings: [{ image_id: 1, is_dupe_of: -1 }] }, false],
    ['has_face', { encodings: [{ image_id: 1, is_face: 1 }] }, true],
    ['has_face', { encodings: [{ image_id: 1, is_face: 2 }] }, false],
    ['has_face', { encodings: [{ image_id: 1, is_face: -1 }] }, false],
    ['hsv_cluster', { imageshsv: [{ image_id: 1, cluster_id: 65536 }] }, false],
    ['topic_id_1', { imagestopics: [{ image_id: 1, topic_id: -1 }] }, false],
    [
      'detection_classes',
      {
        detections: [
          { image_id: 1, class_id: 256, conf: 0.5 },
          { image_id: 1, class_id: 1, conf: 1 },
        ],
      },
      false,
    ],
    ['keyword_ids', { imageskeywords: [{ image_id: 1, keyword_id: -1 }] }, false],
    ['ethnicity_ids', { imagesethnicity: [{ image_id: 1, ethnicity_id: 300 }] }, false],
  ];

  test.each(cases)('%s of %j: fits %j', async (column, given, fits) => {
    const { rows, rejects } = await joinRows(engine, folder, { images: images(1), ...given });
    expect(rows).toHaveLength(fits ? 1 : 0);
    expect(rejects.map((reject) => reject[1])).toEqual(fits ? [] : [column]);
  });

  test('goes to the rejects with key, column, value, reason and the whole row, one line a value', async () => {
    const { rows, rejects } = await joinRows(engine, folder, {
      images: [image(7, { site_name_id: 256, w: -3, caption: 'kept "whole"' }), image(8), image(9, { h: 65536 })],
    });
    expect(rows.map((row) => row['image_id'])).toEqual([8]);
    expect(rejects.map((reject) => reject.slice(0, 4))).toEqual([
      [7, 'site_name_id', '256', 'does not fit UInt8'],
      [7, 'width', '-3', 'does not fit UInt16'],
      [9, 'height', '65536', 'does not fit UInt16'],
    ]);
    const whole = JSON.parse(String(rejects[0]?.[4])) as Record<string, unknown>;
    expect(whole).toMatchObject({
      image_id: 7,
      site_name_id: 256,
      width: -3,
      caption: 'kept "whole"',
      site_image_id: 's7',
    });
    expect(Object.keys(whole)).toEqual(shardColumns(imagesAnalytical).map(({ name }) => name));
  });

  test('rows and rejected rows are the driving rows, however many sources are odd at once', async () => {
    const keys = Array.from({ length: 300 }, (_, index) => index + 1);
    const { rows, rejects } = await joinRows(engine, folder, {
      images: keys.map((key) => image(key, key % 7 === 0 ? { w: -1, h: -1 } : {})),
      encodings: keys.flatMap((key) => [
        { image_id: key, encoding_id: key, is_face: key % 5 === 0 ? 9 : 1 },
        { image_id: key, encoding_id: 0 },
      ]),
      imagestopics: [...keys, ...keys, 999].map((key, index) => ({ image_id: key, topic_id: index % 64 })),
    });
    const rejected = new Set(rejects.map(([key]) => key));
    expect(rejected.size).toBe(keys.filter((key) => key % 7 === 0 || key % 5 === 0).length);
    expect(rows.length + rejected.size).toBe(keys.length);
  });

  test('a day that ClickHouse cannot hold is unknown and counted; the image is kept (fault 14)', async () => {
    const days = ['1969-12-31', '1970-01-01', '2106-02-07', '2106-02-08', '9999-12-31', null];
    const { rows, rejects, oddities } = await joinRows(engine, folder, {
      images: days.map((uploadDate, index) => image(index + 1, { uploadDate })),
    });
    expect(rejects).toEqual([]);
    expect(rows.map((row) => row['upload_date'])).toEqual([null, '1970-01-01', '2106-02-07', null, null, null]);
    expect(oddities.get('out_of_range:upload_date')).toEqual([3, 1]);
  });
});

describe('the file', () => {
  test('has every column of the declaration under its name and type, also where no source has a row', async () => {
    const { shard } = await joinRows(engine, folder, { images: images(1) });
    const found = await engine.describe(`SELECT * FROM read_parquet(${literal(shard)})`);
    expect(found.map(({ name }) => name)).toEqual(shardColumns(imagesAnalytical).map(({ name }) => name));
    const types = new Map(found.map(({ name, type }) => [name, type]));
    expect(types.get('image_id')).toBe('UINTEGER');
    expect(types.get('keyword_ids')).toBe('UINTEGER[]');
    expect(types.get('has_face')).toBe('BOOLEAN');
    expect(types.get('face_x')).toBe('DECIMAL(6,3)');
    expect(types.get('topic_score_1')).toBe('FLOAT');
    expect(types.get('detection_count')).toBe('USMALLINT');
    expect(types.get('upload_date')).toBe('DATE');
    expect(types.get('caption')).toBe('VARCHAR');
  });

  test('is in key order, and the same bytes for shuffled inputs, with one thread and with two (fault 6)', async () => {
    const keys = Array.from({ length: 1000 }, (_, index) => index + 1);
    const rows = (order: readonly number[]): Rows => ({
      images: order.map((key) => image(key, { caption: `caption ${key}`, w: key % 700, h: key % 100 === 0 ? -1 : 5 })),
      imageshsv: order.flatMap((key) =>
        [1, 0].map((dist) => ({ image_id: key, cluster_id: (key * 31) % 97, cluster_dist: dist })),
      ),
      detections: order.flatMap((key) =>
        [1, 2, 1].map((class_id) => ({ image_id: key, class_id, conf: (key % 8) / 8 })),
      ),
    });
    const shuffled = keys.toSorted((a, b) => ((a * 7919) % 1009) - ((b * 7919) % 1009));
    const first = await joinRows(engine, folder, rows(keys));
    const second = await joinRows(engine, folder, rows(shuffled));
    const single = await openTestEngine(folder, 1);
    const third = await joinRows(single, folder, rows(shuffled));
    single.close();
    expect(first.rows.map((row) => row['image_id'])).toEqual(keys.filter((key) => key % 100 !== 0));
    for (const other of [second, third]) {
      expect(sha256(other.shard)).toBe(sha256(first.shard));
      expect(sha256(other.rejectsFile)).toBe(sha256(first.rejectsFile));
    }
  }, 30_000);
});
