import { writeFileSync } from 'node:fs';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';
import { type Env, fillSources } from '../migration.js';

/** One source of each way of reading: by range, by range from MongoDB, in one pass, a lookup. */
const sources = new Set(['images', 'encodings', 'imagestopics', 'site', 'mongo_hand_landmarks']);
const columns = new Set([
  ...['image_id', 'site_name_id', 'site_name', 'site_image_id', 'has_face', 'has_left_hand', 'has_right_hand'],
  ...['topic_id_1', 'topic_score_1', 'upload_date', 'width', 'updated_at'],
]);

/** Every step of every stage, with as few files as have all kinds of them. */
export const smallDataset = {
  ...imagesAnalytical,
  sources: imagesAnalytical.sources.filter(({ name }) => sources.has(name)),
  columns: imagesAnalytical.columns.filter(({ name }) => columns.has(name)),
  oddities: imagesAnalytical.oddities.filter(({ name }) => name === 'hands_disagree'),
  table: {
    ...imagesAnalytical.table,
    // Some partitions, and not one a month: a statement a step must not cost more than the step.
    partitionBy: 'intDiv(image_id, 50)',
    orderBy: ['has_face', 'site_name_id', 'upload_date', 'image_id'],
  },
};

/** Rows of a range; 200 images are two ranges and two shards, the first with rejects, the second without Encodings. */
const rangeRows = 100;

/** Fills the sources and writes the declaration into a folder. The environment names both. */
export async function fillSmall(database: string, folder: string): Promise<Env> {
  const { env } = await fillSources(database, { images: 2 * rangeRows, badValues: true });
  const connection = await createConnection(env.MYSQL_URL ?? '');
  const [[second]] = await connection.query<RowDataPacket[]>(
    `SELECT image_id FROM Images ORDER BY image_id LIMIT 1 OFFSET ${rangeRows}`,
  );
  await connection.query('DELETE FROM Encodings WHERE image_id >= ?', [second?.image_id]);
  await connection.end();
  const file = `${folder}/small.json`;
  writeFileSync(file, JSON.stringify(smallDataset));
  return { ...env, DATASET: file, RANGE_ROWS: `${rangeRows}`, SHARD_ROWS: `${rangeRows}`, WORKERS: '1' };
}
