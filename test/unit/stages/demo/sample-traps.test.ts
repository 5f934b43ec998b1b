import { describe, expect, test } from 'vitest';
import { collectionNames } from '../../../../stages/demo/sample/documents.js';
import { documentBatches, sampleTables } from '../../../../stages/demo/sample/generate.js';
import { lastId } from '../../../../stages/demo/sample/ids.js';
import type { SampleOptions } from '../../../../stages/demo/sample/sample.js';
import { resolveSample } from '../../../../stages/demo/sample/sample.js';
import { awkwardTexts } from '../../../../stages/demo/sample/words.js';
import { byImage, full, imageIds, type Named, tableRows } from './sample-rows.js';

describe('traps', () => {
  const some = (name: string, predicate: (row: Named) => boolean, options: SampleOptions = full): boolean =>
    tableRows(options, name).some(predicate);
  const someImage = (name: string, predicate: (rows: readonly Named[]) => boolean): boolean =>
    [...byImage(tableRows(full, name)).values()].some(predicate);

  test('every awkward text stands in every text column that is carried', () => {
    for (const column of ['caption', 'author', 'site_image_id']) {
      const texts = new Set(tableRows(full, 'Images').map((row) => row[column]));
      expect(awkwardTexts.filter((text) => !texts.has(text))).toEqual([]);
    }
    expect(some('Images', (row) => [...String(row.caption)].length === 150)).toBe(true);
    expect(some('Images', (row) => String(row.caption).length > 200)).toBe(true);
  });

  test.each([
    ['a date before 1970', 'Images', (row) => String(row.uploadDate) < '1970-01-01'],
    ['the day that means unknown', 'Images', (row) => row.uploadDate === '1970-01-01'],
    ['a site without a lookup row', 'Images', (row) => row.site_name_id === 255],
    ['the id 0 in a lookup column', 'Images', (row) => row.gender_id === 0],
    ['the greatest location', 'Images', (row) => row.location_id === 65_535],
    ['the greatest size', 'Images', (row) => row.h === 65_535],
    ['a row of Encodings without an image_id', 'Encodings', (row) => row.image_id === null],
    ['is_dupe_of as a mark', 'Encodings', (row) => row.is_dupe_of === 1],
    ['a number that a double gets wrong', 'Encodings', (row) => row.face_z === '2.034'],
    ['the ends of face_z', 'Encodings', (row) => row.face_z === '-180.000'],
    ['an unknown confidence', 'Detections', (row) => row.conf === -1],
    ['class 0', 'Detections', (row) => row.class_id === 0],
    ['class 67', 'Detections', (row) => row.class_id === 67],
    ['a keyword near the end of int', 'ImagesKeywords', (row) => row.keyword_id === 2 ** 31 - 1],
    ['an ethnicity without a lookup row', 'ImagesEthnicity', (row) => row.ethnicity_id === 11],
    ['topic 0', 'ImagesTopics', (row) => row.topic_id === 0],
    ['a topic row without an image_id', 'ImagesTopics', (row) => row.image_id === null],
    ['a score without a topic', 'ImagesTopics', (row) => row.topic_id === null && row.topic_score !== null],
    ['a topic without a score', 'ImagesTopics', (row) => row.topic_id !== null && row.topic_score === null],
    ['cluster 0', 'ImagesHSV', (row) => row.cluster_id === 0],
    ['a row without a cluster', 'ImagesHSV', (row) => row.cluster_id === null],
  ] satisfies [string, string, (row: Named) => boolean][])('%s', (_, table, predicate) => {
    expect(some(table, predicate)).toBe(true);
  });

  test('columns that may be NULL are, and booleans have three values', () => {
    for (const name of ['Images', 'Encodings', 'ImagesTopics', 'ImagesHSV']) {
      const notNull = new Set(['encoding_id', 'image_id', 'site_image_id', 'contentUrl']);
      const columns = Object.keys(tableRows(full, name)[0] ?? {}).filter((column) => !notNull.has(column));
      for (const column of columns)
        expect(
          some(name, (row) => row[column] === null),
          `${name}.${column}`,
        ).toBe(true);
    }
    for (const column of ['is_face', 'is_body', 'is_feet', 'is_hand_left', 'is_hand_right', 'is_small']) {
      expect(new Set(tableRows(full, 'Encodings').map((row) => row[column]))).toEqual(new Set([0, 1, null]));
    }
  });

  test('several topic rows: a copy, a tie in score, a better and a worse one, NULL scores', () => {
    const pair = (predicate: (a: Named, b: Named) => boolean): boolean =>
      someImage(
        'ImagesTopics',
        ([a, b, ...rest]) => a !== undefined && b !== undefined && rest.length === 0 && predicate(a, b),
      );
    expect(pair((a, b) => JSON.stringify(a) === JSON.stringify(b))).toBe(true);
    expect(pair((a, b) => Number(a.topic_score) < Number(b.topic_score))).toBe(true);
    expect(pair((a, b) => Number(a.topic_score) > Number(b.topic_score))).toBe(true);
    expect(pair((a, b) => a.topic_score === null && b.topic_score === null)).toBe(true);
    expect(pair((a, b) => a.topic_score !== null && b.topic_score === null)).toBe(true);
    expect(
      someImage('ImagesTopics', (rows) => rows.length === 3 && new Set(rows.map((row) => row.topic_score)).size === 1),
    ).toBe(true);
  });

  test('no two topic rows leave the choice open', () => {
    for (const [image, rows] of byImage(tableRows(full, 'ImagesTopics'))) {
      if (image === null) continue;
      const choices = rows.map((row) => `${row.topic_id}/${row.topic_score}`);
      expect(new Set(rows.map((row) => JSON.stringify(row))).size).toBe(new Set(choices).size);
      const best = Math.max(...rows.map((row) => Number(row.topic_score ?? -1)));
      for (const row of rows) {
        if (row.topic_id === null && rows.length > 1) expect(Number(row.topic_score)).toBeLessThan(best);
      }
    }
  });

  test('several Encodings of one image in older copies only', () => {
    const counts = (options: SampleOptions): number[] =>
      [...byImage(tableRows(options, 'Encodings'))].filter(([image]) => image !== null).map(([, rows]) => rows.length);
    expect(Math.max(...counts(full))).toBe(1);
    expect(Math.max(...counts({ ...full, oldEncodings: true }))).toBe(3);
    const ids = tableRows({ ...full, oldEncodings: true }, 'Encodings').map((row) => row.encoding_id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('ties of the top class, and an image with 400 keywords', () => {
    const tied = byImage(tableRows(full, 'Detections'));
    expect(
      [...tied.values()].some((rows) => rows.map((row) => `${row.class_id}:${row.conf}`).join() === '67:0.75,0:0.75'),
    ).toBe(true);
    expect(someImage('ImagesKeywords', (rows) => rows.length >= 400)).toBe(true);
  });

  test('keys are unique where the tables say so', () => {
    const keys: Readonly<Record<string, readonly string[]>> = {
      Images: ['image_id'],
      Encodings: ['encoding_id'],
      Detections: ['image_id', 'class_id', 'obj_no'],
      ImagesKeywords: ['image_id', 'keyword_id'],
      ImagesEthnicity: ['image_id', 'ethnicity_id'],
      ImagesBodyPoses3D512: ['image_id'],
      ImagesHSV: ['image_id'],
    };
    for (const [name, columns] of Object.entries(keys)) {
      const rows = tableRows(full, name);
      expect(new Set(rows.map((row) => columns.map((column) => row[column]).join('/'))).size, name).toBe(rows.length);
    }
  });

  test('every table has rows of images that do not exist, one of them beyond the last', () => {
    const last = lastId(resolveSample(full));
    for (const { name } of sampleTables(resolveSample(full))) {
      if (name === 'Images') continue;
      const orphans = tableRows(full, name)
        .map((row) => row.image_id)
        .filter((id) => id !== null && !imageIds.has(Number(id)));
      expect(orphans.length, name).toBeGreaterThan(1);
      expect(
        orphans.some((id) => Number(id) > last),
        name,
      ).toBe(true);
    }
  });

  test('zero dates only on request', () => {
    const zero = (row: Named): boolean => /-00/.test(String(row.uploadDate));
    expect(some('Images', zero)).toBe(false);
    expect(some('Images', zero, { images: 2000, zeroDates: true })).toBe(true);
  });
});

describe('documents', () => {
  const sample = resolveSample(full);
  const documents = collectionNames.map((name) => [name, [...documentBatches(sample, name)].flat()] as const);

  test.each(documents)('%s has every kind of key but what its index forbids', (name, list) => {
    const kinds = new Set(
      list.map(({ key }) => (key.type === 'double' && !Number.isInteger(key.value) ? 'half' : key.type)),
    );
    const expected = [
      'double',
      'half',
      'int32',
      'int64',
      'null',
      'string',
      ...(name === 'encodings' ? [] : ['missing']),
    ];
    expect([...kinds].sort()).toEqual(expected.sort());
    const values = list.map(({ key }) => ('value' in key ? `${typeof key.value}${key.value}` : ''));
    expect(new Set(values).size === values.length).toBe(name === 'encodings');
  });

  test('every form of absence occurs', () => {
    const found = new Set<string>();
    for (const [name, list] of documents) {
      for (const { fields } of list) {
        if (Object.keys(fields).length === 0) found.add(`${name} nothing`);
        for (const value of Object.values(fields)) {
          if (value === null) found.add(`${name} null`);
          else if (value instanceof Uint8Array && value.length <= 4) found.add(Buffer.from(value).toString('hex'));
          else if (Object.keys(value).length === 0) found.add(`${name} {}`);
        }
      }
    }
    const none = ['4e2e', '4e', '80024e2e', '80024e', '80034e2e', '80034e', '80044e2e', '80044e', '80054e2e', '80054e'];
    for (const each of [
      ...none,
      'hand_landmarks {}',
      'hand_landmarks null',
      'encodings null',
      'body_landmarks_norm nothing',
    ]) {
      expect(found, each).toContain(each);
    }
    const hands = documents.find(([name]) => name === 'hand_landmarks')?.[1] ?? [];
    expect(hands.some(({ fields }) => 'left_hand' in fields && !('right_hand' in fields))).toBe(true);
  });
});
