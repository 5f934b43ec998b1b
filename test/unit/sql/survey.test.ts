import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dataset } from '../../../src/dataset/declaration.js';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';
import type { Engine } from '../../../src/sql/engine.js';
import { literal } from '../../../src/sql/relations.js';
import { type Survey, surveyFiles } from '../../../src/sql/survey.js';
import { valueTypes } from '../../../src/sql/value-types.js';
import { scratchFolder } from '../support.js';
import { openTestEngine } from './joined.js';

const folder = scratchFolder();
const options = { hands: 'either' };
let engine: Engine;
beforeAll(async () => {
  engine = await openTestEngine(folder);
});
afterAll(() => engine.close());

type Query = readonly [source: string, sql: string];
const survey = (...queries: readonly Query[]): Promise<Survey> => surveyOf(imagesAnalytical, ...queries);

/** Surveys files of which each is given by its query. */
async function surveyOf(dataset: Dataset, ...queries: readonly Query[]): Promise<Survey> {
  const files = new Map<string, string[]>();
  for (const [index, [source, sql]] of queries.entries()) {
    const path = join(folder, `${source}-${index}.parquet`);
    await engine.run(`COPY (${sql}) TO ${literal(path)} (FORMAT parquet)`);
    files.set(source, [...(files.get(source) ?? []), path]);
  }
  return surveyFiles(engine, dataset, files, options, await valueTypes(engine, dataset, options));
}
const cluster = (values: string): Query => [
  'imageshsv',
  `SELECT * FROM (VALUES ${values}) AS t(image_id, cluster_id, cluster_dist)`,
];

describe('a survey clears a column or a source only where no row speaks against it', () => {
  test.each([
    ['(1, 0, 0.5), (2, 65535, NULL), (3, NULL, 1.0)', ['imageshsv'], ['hsv_cluster']],
    ['(1, 0, 0.5), (2, 65536, NULL)', ['imageshsv'], []],
    ['(1, -1, 0.5), (2, 7, NULL)', ['imageshsv'], []],
    ['(1, 3, 0.5), (1, 4, 0.25)', [], ['hsv_cluster']],
    ['(1, NULL::INTEGER, 0.5)', ['imageshsv'], ['hsv_cluster']],
  ])('clusters %s', async (values, unique, fitting) => {
    const found = await survey(cluster(values));
    expect([[...found.unique], [...found.fitting]]).toEqual([unique, fitting]);
  });

  test.each([
    ['(1, 5), (1, 7), (2, 1)', ['imageskeywords']],
    ['(1, 5)', ['imageskeywords']],
    ['(1, 5), (1, 5), (2, 1)', []],
    ['(1, 7), (1, 5), (2, 1)', []],
    ['(2, 1), (1, 5)', []],
    ['(1, NULL), (1, 5)', []],
    ['(1, 5), (1, NULL)', []],
  ])('rows of which no two may be equal: %s', async (values, unique) => {
    const sql = `SELECT image_id::INTEGER AS image_id, keyword_id::INTEGER AS keyword_id FROM (VALUES ${values}) AS t(image_id, keyword_id)`;
    expect([...(await survey(['imageskeywords', sql])).unique]).toEqual(unique);
  });

  test('a column that makes something of a row that is not there is cleared only where that fits too', async () => {
    const declared = (sql: string): Dataset => ({
      ...imagesAnalytical,
      columns: imagesAnalytical.columns.map((one) => (one.name === 'hsv_cluster' ? { ...one, sql } : one)),
    });
    const cleared = async (sql: string): Promise<boolean> =>
      (await surveyOf(declared(sql), cluster('(1, 5, 0.5)'))).fitting.has('hsv_cluster');
    expect(await cleared('imageshsv.cluster_id')).toBe(true);
    expect(await cleared('coalesce(imageshsv.cluster_id, 7)')).toBe(true);
    expect(await cleared('coalesce(imageshsv.cluster_id, -1)')).toBe(false);
    expect(await cleared('CASE WHEN imageshsv.image_id IS NULL THEN 65536 ELSE 1 END')).toBe(false);
  });

  test('an expression that breaks on a row of its source, or reads another one by another spelling, clears nothing', async () => {
    for (const sql of ["CAST(imageshsv.cluster_id || 'x' AS INTEGER)", 'imageshsv.cluster_id + Images.h']) {
      const columns = imagesAnalytical.columns.map((one) => (one.name === 'hsv_cluster' ? { ...one, sql } : one));
      expect(
        (await surveyOf({ ...imagesAnalytical, columns }, cluster('(1, 5, 0.5)'))).fitting.has('hsv_cluster'),
      ).toBe(false);
    }
  });

  test('a row in another file of the source speaks against it too', async () => {
    const found = await survey(cluster('(1, 1, 0.5)'), cluster('(1, 70000, 0.5)'));
    expect([[...found.unique], [...found.fitting]]).toEqual([[], []]);
  });

  test('what is made of several sources, of lists or by SQL of its own is always looked at row by row', async () => {
    const columns = Object.entries(imagesAnalytical.sources.find(({ name }) => name === 'encodings')?.columns ?? {});
    const row = columns.map(([name], index) => `${index === 0 ? 1 : 0} AS ${name}`).join(', ');
    const { fitting } = await survey(
      ['encodings', `SELECT ${row}`],
      ['imageskeywords', 'SELECT 1 AS image_id, 5 AS keyword_id'],
    );
    expect(fitting).toContain('has_face');
    for (const name of ['has_hands', 'has_left_hand', 'keyword_ids']) expect(fitting).not.toContain(name);
  });
});
