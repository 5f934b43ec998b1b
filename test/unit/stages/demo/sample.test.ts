import { describe, expect, test } from 'vitest';
import { badValues } from '../../../../stages/demo/sample/bad-values.js';
import { collectionNames } from '../../../../stages/demo/sample/documents.js';
import { documentBatches, sampleTables } from '../../../../stages/demo/sample/generate.js';
import { gapMiddle, idOf, lastId } from '../../../../stages/demo/sample/ids.js';
import { lookupRows } from '../../../../stages/demo/sample/lookups.js';
import type { SampleOptions } from '../../../../stages/demo/sample/sample.js';
import { markerVersion, resolveSample } from '../../../../stages/demo/sample/sample.js';
import { tableSchemas } from '../../../../stages/demo/sample/schema.js';
import { sqlRow, tsvRow } from '../../../../stages/demo/sample/sql-text.js';
import { digest, full, imageIds, tableRows } from './sample-rows.js';

describe('ids', () => {
  test('ascend with small gaps, one large gap and a last id that stands apart', () => {
    for (const gap of [40_000, 50_000_000]) {
      const sample = resolveSample({ images: 20_000, gap });
      const steps = new Map<number, number>();
      for (let index = 1; index < sample.images; index += 1) {
        const step = idOf(sample, index) - idOf(sample, index - 1);
        steps.set(step, (steps.get(step) ?? 0) + 1);
      }
      expect(idOf(sample, 0)).toBe(1);
      expect(Math.min(...steps.keys())).toBe(1);
      expect(Math.max(...steps.keys())).toBeGreaterThan(gap);
      expect([...steps.keys()].filter((step) => step >= gap)).toHaveLength(1);
      expect(lastId(sample) - idOf(sample, sample.images - 2)).toBeGreaterThan(500);
    }
    expect(imageIds.has(gapMiddle(resolveSample(full)) ?? 1)).toBe(false);
  });

  test('options that int columns cannot hold are refused', () => {
    expect(() => resolveSample({ images: 0 })).toThrow(RangeError);
    expect(() => resolveSample({ images: 1.5 })).toThrow(RangeError);
    expect(() => resolveSample({ images: 10, gap: 2 ** 31 })).toThrow(RangeError);
  });
});

describe('determinism', () => {
  test('the same options give the same rows and documents', () => {
    // A change here is a change of the sample: raise generatorVersion in sample.ts with it.
    expect(digest({ images: 3000 })).toBe('a51ddedf624de790');
    expect(digest({ images: 3000, seed: 2 })).not.toBe(digest({ images: 3000 }));
  });

  test('an image does not depend on how many there are', () => {
    const small = tableRows({ images: 1000 }, 'Detections').filter(
      (row) => Number(row.image_id) <= idOf(resolveSample(full), 500),
    );
    const large = tableRows(full, 'Detections').slice(0, small.length);
    expect(large).toEqual(small);
  });

  test('the marker tells samples apart', () => {
    const versions = [
      {},
      { gap: 1 },
      { oldEncodings: true },
      { zeroDates: true },
      { badValues: true },
      { mongoDocuments: 5 },
    ];
    const texts = versions.map((options) => markerVersion(resolveSample({ images: 5, ...options })));
    expect(new Set(texts).size).toBe(versions.length);
  });
});

describe('shapes', () => {
  test('rows an image are those of the real tables', () => {
    const perImage = (name: string): number => tableRows(full, name).length / full.images;
    expect(perImage('ImagesKeywords')).toBeCloseTo(10.4, 0);
    expect(perImage('Encodings')).toBeCloseTo(0.77, 1);
    expect(perImage('ImagesHSV')).toBeGreaterThan(0.95);
    const total = sampleTables(resolveSample(full)).reduce((sum, { name }) => sum + perImage(name), 0);
    expect(total).toBeGreaterThan(18);
    expect(total).toBeLessThan(20);
  });

  test('upload dates touch about 240 months', () => {
    const months = new Set(tableRows(full, 'Images').map((row) => String(row.uploadDate).slice(0, 7)));
    expect(months.size).toBeGreaterThanOrEqual(240);
    expect(months.size).toBeLessThanOrEqual(250);
  });

  test('lookup tables hold the values of source.md', () => {
    const rows = lookupRows();
    const count = (name: string): number => rows[name]?.length ?? 0;
    expect([count('Site'), count('Gender'), count('Age'), count('Ethnicity'), count('Location')]).toEqual([
      18, 13, 7, 12, 260,
    ]);
    expect(rows.Location?.filter((row) => row[8] === '')).toHaveLength(11);
    expect(new Set(rows.Location?.map((row) => row[12]).filter((region) => region !== null)).size).toBe(5);
    expect(tableSchemas(resolveSample(full)).some(({ name }) => name === 'ImagesClusters')).toBe(false);
  });

  test('documents stay below the limit, on 10 to 15 % of the images', () => {
    const sample = resolveSample(full);
    const keys = new Set<unknown>();
    let documents = 0;
    for (const name of collectionNames) {
      for (const batch of documentBatches(sample, name)) {
        documents += batch.length;
        for (const { key } of batch) if ('value' in key && imageIds.has(Number(key.value))) keys.add(key.value);
      }
    }
    expect(documents).toBeLessThanOrEqual(sample.mongoDocuments);
    expect(keys.size / full.images).toBeGreaterThan(0.1);
    expect(keys.size / full.images).toBeLessThan(0.16);
  });

  test('no documents at all where none are wanted', () => {
    const sample = resolveSample({ images: 100, mongoDocuments: 0 });
    for (const name of collectionNames) expect([...documentBatches(sample, name)]).toEqual([]);
  });
});

describe('values out of range', () => {
  const limits: Readonly<Record<string, number>> = {
    site_name_id: 255,
    age_id: 255,
    age_detail_id: 255,
    gender_id: 255,
    location_id: 65_535,
    h: 65_535,
    w: 65_535,
    is_dupe_of: 2 ** 32 - 1,
    class_id: 255,
    keyword_id: 2 ** 32 - 1,
    ethnicity_id: 255,
    topic_id: 65_535,
    topic_id2: 65_535,
    topic_id3: 65_535,
  };

  function badIds(options: SampleOptions): readonly number[] {
    const bad = new Set<number>();
    for (const { name } of sampleTables(resolveSample(options))) {
      const narrow = name.startsWith('ImagesHands');
      for (const row of tableRows(options, name)) {
        const max = (column: string): number | undefined =>
          column === 'cluster_id' && name !== 'Detections' ? (narrow ? 255 : 65_535) : limits[column];
        for (const [column, value] of Object.entries(row)) {
          const limit = max(column);
          if (limit === undefined || typeof value !== 'number') continue;
          if (value < 0 || value > limit) bad.add(Number(row.image_id));
        }
      }
    }
    return [...bad].sort((a, b) => a - b);
  }

  test('there are none by default', () => {
    for (const { name } of sampleTables(resolveSample(full))) {
      expect(
        tableRows(full, name).filter((row) => row.image_id !== null && Number(row.image_id) < 1),
        name,
      ).toEqual([]);
    }
    expect(badIds(full)).toEqual([]);
    expect(badValues(resolveSample(full))).toEqual([]);
  });

  test('with badValues they are those of the list, and no others', () => {
    const options = { images: 2000, badValues: true, faceClusters: true, oldEncodings: true };
    const listed = badValues(resolveSample(options)).map(({ imageId }) => imageId);
    expect(listed.length).toBe(25);
    expect(badIds(options)).toEqual(listed);
  });
});

test('rows as text keep every byte', () => {
  expect(tsvRow([null, 1, -0.5, 'a\tb\\N\n\r\0c'])).toBe('\\N\t1\t-0.5\ta\\tb\\\\N\\n\\r\\0c\n');
  expect(tsvRow(['', 'x'])).toBe('\tx\n');
  expect(sqlRow([null, 1, "it's\\\n\0"])).toBe("(NULL,1,'it''s\\\\\\n\\0')");
});
