import { quoteName, quoteText, type Settings } from '../../src/clickhouse/client.js';
import { tableName } from '../../src/clickhouse/ddl.js';
import { insertSettings } from '../../src/clickhouse/insert.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { classes, clusters } from './peer-tables.js';

/** Where the peers read from: `mysql()` takes host and port apart from the rest. */
export interface PeerSource {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** The table function over one table of the source. */
export function fromMysql({ host, port, user, password, database }: PeerSource, table: string): string {
  return `mysql(${[`${host}:${port}`, database, table, user, password].map(quoteText).join(', ')})`;
}

/** Columns of a table that transload exports, its key among them. */
function exportedColumns(table: string): string[] {
  const source = imagesAnalytical.sources.find((one) => one.name === table.toLowerCase());
  if (source === undefined) throw new Error(`${table} is no source of the dataset`);
  return Object.keys(source.columns);
}

/** One table into a Parquet file, as ClickHouse does it by itself; all columns or those that transload exports. */
export function pullSql(source: PeerSource, table: string, file: string, columns: 'all' | 'exported'): string {
  const chosen = columns === 'all' ? '*' : exportedColumns(table).map(quoteName).join(', ');
  return `INSERT INTO FUNCTION file(${quoteText(file)}, 'Parquet') SELECT ${chosen} FROM ${fromMysql(source, table)}`;
}

/** Settings of the pull: the codec that transload's files have, and a file of an earlier run is written anew. */
export const pullSettings: Settings = {
  output_format_parquet_compression_method: 'zstd',
  engine_file_truncate_on_insert: 1,
};

const unknown = (value: string, instead: string): string => `ifNull(${value}, ${instead})`;
const word = "replaceRegexpAll(lower(ethnicity), '[^a-z]', '')";
const flags = [...Object.keys(classes), 'other'];
const test = (name: string, words: readonly string[]): string => {
  const text = name === 'asian' ? "replaceAll(w, 'caucasian', '')" : 'w';
  return `(${words.map((one) => `position(${text}, '${one}') > 0`).join(' OR ')})`;
};

/** Target column → expression over the joined tables; what is unknown becomes the value of target.md's third column. */
const columns: Record<string, string> = {
  image_id: 'i.image_id',
  site_name_id: unknown('i.site_name_id', '0'),
  site_name: unknown('s.site_name', "''"),
  site_image_id: 'i.site_image_id',
  gender_id: unknown('i.gender_id', '0'),
  gender: unknown('g.gender', "''"),
  age_id: unknown('i.age_id', '0'),
  age: unknown('a.age', "''"),
  age_detail_id: unknown('i.age_detail_id', '0'),
  location_id: unknown('i.location_id', '0'),
  country_code: unknown('l.code_alpha3', "''"),
  region: unknown('l.region', "''"),
  keyword_ids: 'k.ids',
  ethnicity_ids: 'e.ids',
  ...Object.fromEntries(flags.map((name) => [`ethnicity_${name}`, `e.${name}`])),
  has_face: unknown('c.is_face', '0'),
  has_body: unknown('c.is_body', '0'),
  has_feet: unknown('c.is_feet', '0'),
  has_hands: `${unknown('c.is_hand_left', '0')} = 1 OR ${unknown('c.is_hand_right', '0')} = 1`,
  has_left_hand: unknown('c.is_hand_left', '0'),
  has_right_hand: unknown('c.is_hand_right', '0'),
  is_face_distant: unknown('c.is_face_distant', '0'),
  is_small: unknown('c.is_small', '0'),
  is_face_no_lms: unknown('c.is_face_no_lms', '0'),
  face_x: unknown('c.face_x', '0'),
  face_y: unknown('c.face_y', '0'),
  face_z: unknown('c.face_z', '0'),
  mouth_gap: unknown('c.mouth_gap', '0'),
  ...Object.fromEntries(Object.entries(clusters).map(([name, table]) => [name, unknown(`${table}.cluster_id`, '0')])),
  ...Object.fromEntries(
    ['', '2', '3'].flatMap((place) => [
      [`topic_id_${place || 1}`, unknown(`t.best.topic_id${place}`, '0')],
      [
        `topic_score_${place || 1}`,
        `if(isNull(t.best.topic_id${place}), 0, ${unknown(`t.best.topic_score${place}`, '0')})`,
      ],
    ]),
  ),
  detection_count: 'd.n',
  detection_classes: 'd.classes',
  detection_top_class_id: 'd.top.1',
  detection_top_class_confidence: 'd.top.2',
  upload_date: "ifNull(toDateTime(i.uploadDate, 'UTC'), toDateTime(0, 'UTC'))",
  author: unknown('i.author', "''"),
  caption: unknown('i.caption', "''"),
  content_url: 'i.contentUrl',
  width: unknown('i.w', '0'),
  height: unknown('i.h', '0'),
  is_dupe_of: unknown('c.is_dupe_of', '0'),
};

/**
 * The whole job in one statement: every table by mysql(), grouped to one row an image and joined, into the partitioned
 * table. It checks nothing: a number that does not fit wraps, and a second row of an image doubles it, but for topics.
 */
export function oneShotSql(source: PeerSource, database: string, table: string, version: number): string {
  const from = (name: string): string => fromMysql(source, name);
  const topic =
    'tuple(topic_id, topic_score, topic_id2, topic_score2, topic_id3, topic_score3)::Tuple(topic_id Nullable(Int32), topic_score Nullable(Float32), topic_id2 Nullable(Int32), topic_score2 Nullable(Float32), topic_id3 Nullable(Int32), topic_score3 Nullable(Float32))';
  const joined = [
    `(SELECT image_id, arraySort(groupArray(toUInt32(keyword_id))) AS ids FROM ${from('ImagesKeywords')} GROUP BY image_id) AS k ON k.image_id = i.image_id`,
    `(SELECT image_id, arraySort(groupArray(toUInt8(ethnicity_id))) AS ids, ${flags.map((name) => `max(f.${name}) AS ${name}`).join(', ')}
      FROM ${from('ImagesEthnicity')} AS x LEFT ANY JOIN (
        SELECT ethnicity_id, ${word} AS w, ${Object.entries(classes)
          .map(([name, words]) => `${test(name, words)} AS ${name}`)
          .join(', ')}, NOT (${Object.keys(classes).join(' OR ')}) AS other FROM ${from('Ethnicity')}
      ) AS f ON f.ethnicity_id = x.ethnicity_id GROUP BY image_id) AS e ON e.image_id = i.image_id`,
    `(SELECT image_id, argMax(${topic}, (${unknown('topic_score', '-1')}, -${unknown('topic_id', '1000')})) AS best
      FROM ${from('ImagesTopics')} GROUP BY image_id) AS t ON t.image_id = i.image_id`,
    `(SELECT image_id, sum(rows) AS n, arraySort(groupArray(toUInt8(class_id))) AS classes,
        argMax((class_id, conf), (rows, conf, -class_id)) AS top
      FROM (SELECT image_id, class_id, count() AS rows, max(conf) AS conf FROM ${from('Detections')} GROUP BY image_id, class_id)
      GROUP BY image_id) AS d ON d.image_id = i.image_id`,
    `${from('Encodings')} AS c ON c.image_id = i.image_id`,
    ...Object.values(clusters).map((name) => `${from(name)} AS ${name} ON ${name}.image_id = i.image_id`),
    `${from('Site')} AS s ON s.site_name_id = i.site_name_id`,
    `${from('Gender')} AS g ON g.gender_id = i.gender_id`,
    `${from('Age')} AS a ON a.age_id = i.age_id`,
    `${from('Location')} AS l ON l.location_id = i.location_id`,
  ];
  const names = [...Object.keys(columns), 'updated_at'].map(quoteName).join(', ');
  return `INSERT INTO ${tableName(database, table)} (${names})
    SELECT ${Object.values(columns).join(', ')}, toDateTime(${version}, 'UTC')
    FROM ${from('Images')} AS i\n${joined.map((one) => `LEFT ANY JOIN ${one}`).join('\n')}`;
}

/** The settings that transload's own insert has; larger blocks to read, or more threads, made it slower. */
export const oneShotSettings: Settings = insertSettings;

/** Target columns whose values both ways give alike, byte for byte: all but these, and the version of the load. */
const roundedColumns = ['topic_score_1', 'topic_score_2', 'topic_score_3', 'detection_top_class_confidence'];

/** Columns that are equal in both tables, and those that `mysql()` rounds: it reads FLOAT as text of six digits. */
export function comparedColumns(): { exact: string[]; rounded: string[] } {
  const exact = Object.keys(columns).filter((name) => !roundedColumns.includes(name));
  return { exact, rounded: roundedColumns };
}

/** One line about a whole table: rows, keys, and sums over hashes of all exact columns and over the rounded ones. */
export function fingerprintSql(database: string, table: string): string {
  const { exact, rounded } = comparedColumns();
  const hash = `toString(sum(cityHash64(${exact.map(quoteName).join(', ')})))`;
  const sums = rounded.map((name) => `round(sum(${quoteName(name)}), 0)`);
  return `SELECT count(), uniqExact(image_id), ${[hash, ...sums].join(', ')} FROM ${tableName(database, table)} FORMAT TSV`;
}
