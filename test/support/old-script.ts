import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { onServer, type Version } from './migration.js';

/** A row as the old script inserted it: the columns of the target that docs/old-script.md is about, as JSON. */
type OldRow = Readonly<Record<string, unknown>> & { readonly image_id: number };

const batchIds = 1000;

/** The batch that failed, and that a resume behind MAX(image_id) never came back to. */
const failedBatch = 1;

const like = (...words: readonly string[]): string => words.map((word) => `n.ethnicity LIKE '%${word}%'`).join(' OR ');

const flags = {
  white: like('white', 'caucasian'),
  black: like('black'),
  asian: like('asian'),
  hispanic: like('hispanic', 'latino', 'afrolatinx'),
  middle_eastern: like('middleeastern'),
  native_american: like('nativeamerican', 'firstnations'),
  pacific_islander: like('pacificislander'),
  mixed: like('mixed'),
  other: `NOT (${like('white', 'black', 'asian', 'hispanic', 'middleeastern', 'nativeamerican', 'pacificislander', 'mixed')})`,
};

/** One SELECT that joins everything; the plain join with ImagesTopics and ImagesEthnicity is why it needs MAX. */
const select = `
  SELECT i.image_id, COALESCE(i.w, 0) AS width, COALESCE(i.h, 0) AS height,
    ${Object.entries(flags)
      .map(([name, test]) => `COALESCE(MAX(${test}), 0) AS ethnicity_${name}`)
      .join(', ')},
    COALESCE(MAX(t.topic_id), 0) AS topic_id_1, COALESCE(MAX(t.topic_score), 0) AS topic_score_1,
    COALESCE(MAX(p.cluster_id), 0) AS body_pose_cluster_512,
    (SELECT GROUP_CONCAT(k.keyword_id ORDER BY k.keyword_id) FROM ImagesKeywords k
      WHERE k.image_id = i.image_id) AS keyword_ids,
    (SELECT COUNT(*) FROM Detections d WHERE d.image_id = i.image_id) AS detection_count,
    COALESCE((SELECT d.class_id FROM Detections d WHERE d.image_id = i.image_id
      GROUP BY d.class_id ORDER BY COUNT(*) DESC LIMIT 1), 0) AS detection_top_class_id,
    COALESCE((SELECT MAX(d.conf) FROM Detections d WHERE d.image_id = i.image_id), 0) AS detection_top_class_confidence,
    NOW() AS updated_at
  FROM Images i
  LEFT JOIN ImagesEthnicity e ON e.image_id = i.image_id
  LEFT JOIN Ethnicity n ON n.ethnicity_id = e.ethnicity_id
  LEFT JOIN ImagesTopics t ON t.image_id = i.image_id
  LEFT JOIN ImagesBodyPoses3D512 p ON p.image_id = i.image_id
  WHERE i.image_id >= ? AND i.image_id < ?
  GROUP BY i.image_id`;

/**
 * What such a script gave, faults and all: target.md, "What the old script gave, and what we give". Its session has
 * MySQL's limit for GROUP_CONCAT, MariaDB's own being larger, and a batch takes a minute by the server's clock.
 */
async function oldRows(mysqlUrl: string): Promise<OldRow[]> {
  const connection = await createConnection({ uri: mysqlUrl, dateStrings: true });
  const ask = async (sql: string, values: (number | number[])[] = []): Promise<RowDataPacket[]> =>
    (await connection.query<RowDataPacket[]>(sql, values))[0];
  try {
    await connection.query("SET SESSION group_concat_max_len = 1024, time_zone = '+05:30'");
    const [bounds] = await ask('SELECT MIN(image_id) AS first, MAX(image_id) AS end FROM Images');
    const { first, end } = bounds as { first: number; end: number };
    const rows: OldRow[] = [];
    for (let from = first, batch = 0; from < end; from += batchIds, batch += 1) {
      if (batch === failedBatch) continue;
      await connection.query(`SET SESSION timestamp = ${1_700_000_000 + batch * 60}`);
      const found = await ask(select, [from, Math.min(from + batchIds, end)]);
      if (found.length === 0) continue;
      const pairs = await ask('SELECT image_id, ethnicity_id FROM ImagesEthnicity WHERE image_id IN (?)', [
        found.map((row) => row.image_id),
      ]);
      for (const row of found) rows.push(oldRow(row, pairs));
    }
    return rows;
  } finally {
    await connection.end();
  }
}

function oldRow(row: RowDataPacket, pairs: readonly RowDataPacket[]): OldRow {
  return {
    ...row,
    image_id: Number(row.image_id),
    keyword_ids: row.keyword_ids === null ? [] : String(row.keyword_ids).split(',').map(Number),
    ethnicity_ids: pairs.filter((pair) => pair.image_id === row.image_id).map((pair) => pair.ethnicity_id),
    detection_classes: [],
  };
}

/**
 * Makes the table `images_old` beside `images_analytical`, as the old script filled it. It runs once for all servers:
 * of equally frequent classes it would take others the next time.
 */
export async function fillOldTables(versions: readonly Version[], database: string, mysqlUrl: string): Promise<void> {
  const rows = (await oldRows(mysqlUrl)).map((row) => JSON.stringify(row)).join('\n');
  const table = `${database}.images_old`;
  for (const version of versions) {
    const engine = 'ENGINE = MergeTree ORDER BY image_id';
    await onServer(version, `CREATE TABLE ${table} AS ${database}.images_analytical ${engine}`);
    await onServer(version, `INSERT INTO ${table} FORMAT JSONEachRow\n${rows}`);
  }
}
