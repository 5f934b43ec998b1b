// The way of the script that was there before (target.md, "What the old script gave"), for the first images by id: a
// batch of ids at a time, one SELECT that joins everything with correlated subqueries over Detections, the arrays by
// IN(), the rows as lines of JSON. Its job is read from the variable JOB.
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { classes, clusters } from './peer-tables.js';

/** What the script is given: two servers, a table that is there and empty, and how many images. */
export interface OldJob {
  readonly mysqlUrl: string;
  readonly clickhouse: { readonly url: string; readonly user: string; readonly password: string };
  readonly table: string;
  readonly images: number;
}

const batchImages = 10_000;
const job = JSON.parse(process.env.JOB ?? '') as OldJob;

const like = (words: readonly string[]): string => words.map((word) => `n.ethnicity LIKE '%${word}%'`).join(' OR ');
const known = (value: string, name: string, otherwise = '0'): string => `COALESCE(${value}, ${otherwise}) AS ${name}`;
const encoded = {
  has_face: 'is_face',
  has_body: 'is_body',
  has_feet: 'is_feet',
  has_left_hand: 'is_hand_left',
  has_right_hand: 'is_hand_right',
  is_face_distant: 'is_face_distant',
  is_small: 'is_small',
  is_face_no_lms: 'is_face_no_lms',
  face_x: 'face_x',
  face_y: 'face_y',
  face_z: 'face_z',
  mouth_gap: 'mouth_gap',
  is_dupe_of: 'is_dupe_of',
};
const rows = '(SELECT COUNT(*) FROM Detections d WHERE d.image_id = i.image_id)';

// ImagesTopics has no index. MySQL 8 chooses a hash join for it; MariaDB would hash every table or none, so that the batch's
// rows come first here: the LIMIT keeps them in a table of their own, which gets a key.
const topics = '(SELECT * FROM ImagesTopics WHERE image_id >= ? AND image_id < ? LIMIT 1000000000)';

const select = `SELECT i.image_id, i.site_image_id, i.contentUrl AS content_url,
  ${['site_name_id', 'gender_id', 'age_id', 'age_detail_id', 'location_id'].map((name) => known(`i.${name}`, name)).join(', ')},
  ${known('s.site_name', 'site_name', "''")}, ${known('g.gender', 'gender', "''")}, ${known('a.age', 'age', "''")},
  ${known('l.code_alpha3', 'country_code', "''")}, ${known('l.region', 'region', "''")},
  ${known('i.author', 'author', "''")}, ${known('i.caption', 'caption', "''")},
  ${known('i.w', 'width')}, ${known('i.h', 'height')}, ${known('i.uploadDate', 'upload_date', "'1970-01-01'")},
  ${Object.entries(classes)
    .map(([name, words]) => known(`MAX(${like(words)})`, `ethnicity_${name}`))
    .join(', ')},
  ${known(`MAX(NOT (${like(Object.values(classes).flat())}))`, 'ethnicity_other')},
  ${Object.entries(encoded)
    .map(([name, column]) => known(`e.${column}`, name))
    .join(', ')},
  (COALESCE(e.is_hand_left, 0) = 1 OR COALESCE(e.is_hand_right, 0) = 1) AS has_hands,
  ${['', '2', '3'].map((place) => `${known(`MAX(t.topic_id${place})`, `topic_id_${place || 1}`)}, ${known(`MAX(t.topic_score${place})`, `topic_score_${place || 1}`)}`).join(', ')},
  ${Object.entries(clusters)
    .map(([name, table]) => known(`${table}.cluster_id`, name))
    .join(', ')},
  ${rows} AS detection_count,
  COALESCE((SELECT d.class_id FROM Detections d WHERE d.image_id = i.image_id
    GROUP BY d.class_id ORDER BY COUNT(*) DESC LIMIT 1), 0) AS detection_top_class_id,
  COALESCE((SELECT MAX(d.conf) FROM Detections d WHERE d.image_id = i.image_id), 0) AS detection_top_class_confidence,
  DATE_FORMAT(NOW(), '%Y-%m-%d %H:%i:%s') AS updated_at
  FROM Images i
  LEFT JOIN Site s ON s.site_name_id = i.site_name_id LEFT JOIN Gender g ON g.gender_id = i.gender_id
  LEFT JOIN Age a ON a.age_id = i.age_id LEFT JOIN Location l ON l.location_id = i.location_id
  LEFT JOIN Encodings e ON e.image_id = i.image_id
  LEFT JOIN ImagesEthnicity x ON x.image_id = i.image_id LEFT JOIN Ethnicity n ON n.ethnicity_id = x.ethnicity_id
  ${Object.values(clusters)
    .map((name) => `LEFT JOIN ${name} ON ${name}.image_id = i.image_id`)
    .join(' ')}
  LEFT JOIN ${topics} t ON t.image_id = i.image_id
  WHERE i.image_id >= ? AND i.image_id < ? GROUP BY i.image_id`;

const connection = await createConnection({ uri: job.mysqlUrl, dateStrings: true });
/** An error without its statement, which fills a screen. */
const ask = async (sql: string, values: unknown[] = []): Promise<RowDataPacket[]> => {
  try {
    return (await connection.query<RowDataPacket[]>(sql, values))[0];
  } catch (error) {
    throw new Error(`MySQL: ${(error as { sqlMessage?: string }).sqlMessage ?? error}`);
  }
};

/** Ids of a junction's other side by image. */
async function lists(table: string, column: string, ids: readonly number[]): Promise<Map<number, number[]>> {
  const found = new Map<number, number[]>();
  for (const row of await ask(`SELECT image_id, ${column} AS id FROM ${table} WHERE image_id IN (?)`, [ids])) {
    const list = found.get(row.image_id);
    if (list === undefined) found.set(row.image_id, [row.id]);
    else list.push(row.id);
  }
  return found;
}

const authorization = `Basic ${Buffer.from(`${job.clickhouse.user}:${job.clickhouse.password}`).toString('base64')}`;
let from = 0;
for (let left = job.images; left > 0; left -= batchImages) {
  const wanted = Math.min(left, batchImages);
  const ids = await ask('SELECT image_id FROM Images WHERE image_id >= ? ORDER BY image_id LIMIT ?', [from, wanted]);
  if (ids.length === 0) break;
  const end = Number(ids.at(-1)?.image_id) + 1;
  const found = await ask(select, [from, end, from, end]);
  const keys = found.map((row) => Number(row.image_id));
  const keywords = await lists('ImagesKeywords', 'keyword_id', keys);
  const ethnicities = await lists('ImagesEthnicity', 'ethnicity_id', keys);
  const lines = found.map((row) =>
    JSON.stringify({
      ...row,
      keyword_ids: keywords.get(row.image_id) ?? [],
      ethnicity_ids: ethnicities.get(row.image_id) ?? [],
      detection_classes: [],
    }),
  );
  const address = new URL(job.clickhouse.url);
  // The server's default stops at 100 partitions a block; the script's target was written to in the same way.
  for (const [name, value] of [
    ['query', `INSERT INTO ${job.table} FORMAT JSONEachRow`],
    ['max_partitions_per_insert_block', '0'],
    ['date_time_input_format', 'best_effort'],
    ['wait_end_of_query', '1'],
  ])
    address.searchParams.set(name ?? '', value ?? '');
  const response = await fetch(address, { method: 'POST', body: lines.join('\n'), headers: { authorization } });
  if (!response.ok) throw new Error((await response.text()).slice(0, 1000));
  await response.text();
  from = end;
}
await connection.end();
