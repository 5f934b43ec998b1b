import { lookupRows } from '../../stages/demo/sample/lookups.js';
import { resolveSample } from '../../stages/demo/sample/sample.js';
import { createTable, tableSchemas } from '../../stages/demo/sample/schema.js';
import { quoted, sqlRow } from '../../stages/demo/sample/sql-text.js';
import { hashed, isIn, maybe, part, pick, picked, sentence, unit, word } from './source-values.js';

/** Raise with every change of what is generated, so that an old source is not taken for a new one. */
export const sourceVersion = 1;

/** The tables of the reference work with a row or more an image: `mysqldump` and the pull read these and no others. */
export const bigTables = [
  'Images',
  'Encodings',
  'Detections',
  'ImagesKeywords',
  'ImagesEthnicity',
  'ImagesTopics',
  'ImagesBodyPoses3D256',
  'ImagesBodyPoses3D512',
  'ImagesBodyPoses3D768',
  'ImagesHandsGestures32',
  'ImagesHandsGestures64',
  'ImagesHandsPositions128',
  'ImagesHSV',
] as const;

/** The image_id of the image of number `n`: ascending from 1, about 6 % of the ids are missing. */
const idSql = '1 + n + 2 * (n DIV 100) + 37 * (n DIV 1009)';

/** The order of the primary key in a block of 4,096 images has nothing to do with image_id, as at the source. */
const encodingIdSql = '(n - n % 4096 + ((n % 4096) * 1597 + 911) % 4096) * 4 + 1';

const images = {
  image_id: idSql,
  site_name_id: maybe('site', 2, `1 + ${part('site_id', 18)}`),
  site_image_id: '100000000 + n * 7',
  age_id: maybe('age', 30, `1 + ${part('age_id', 7)}`),
  age_detail_id: maybe('detail', 60, `1 + ${part('detail_id', 8)}`),
  gender_id: maybe('gender', 20, `1 + ${part('gender_id', 13)}`),
  location_id: maybe('location', 35, `1 + ${part('location_id', 260)}`),
  author: maybe('author', 15, `CONCAT(${word('author_name', 'author', 4000)}, ' studio')`),
  caption: maybe('caption', 6, sentence('caption_text', 3, 11, 150)),
  contentUrl: `CONCAT('https://images.example.com/photos/', ${word('url_a')}, '-', ${word('url_b')}, '-id', n * 7, '.jpg?w=612&h=408')`,
  description: maybe('description', 70, sentence('description_text', 4, 8, 150)),
  imagename: maybe('imagename', 10, "CONCAT(n % 16, '/', n % 256, '/', n * 7, '.jpg')"),
  // 240 months, each as likely as any other, so that a shard touches all of them.
  uploadDate: maybe('date', 4, `'2005-08-01' + INTERVAL ${part('date_day', 7305)} DAY`),
  release_name_id: maybe('release', 80, part('release_id', 50_000)),
  h: maybe('h', 3, `200 + ${part('h_pixels', 6000)}`),
  w: maybe('w', 3, `200 + ${part('w_pixels', 6000)}`),
  no_image: maybe('no_image', 60, isIn('no_image_flag', 3)),
};

/** A DECIMAL(6,3) between -limit and +limit thousandths, mostly unknown where there is no face. */
const ofFace = (name: string, limit: number): string =>
  `IF(${isIn('face', 60)} OR ${isIn(`${name}_known`, 10)}, (${part(name, 2 * limit + 1)} - ${limit}) / 1000, NULL)`;
const flag = (name: string, percent: number, percentNull: number): string =>
  maybe(`${name}_null`, percentNull, isIn(name, percent));

const encodings = {
  encoding_id: encodingIdSql,
  image_id: idSql,
  is_face: maybe('face_null', 12, isIn('face', 60)),
  is_body: flag('body', 70, 15),
  is_face_distant: flag('distant', 10, 50),
  face_x: ofFace('face_x', 45_000),
  face_y: ofFace('face_y', 60_000),
  face_z: ofFace('face_z', 180_000),
  mouth_gap: ofFace('mouth_gap', 30_000),
  mongo_encodings: flag('m_encodings', 60, 10),
  mongo_body_landmarks: flag('m_body', 60, 10),
  mongo_face_landmarks: flag('m_face', 50, 20),
  is_small: flag('small', 8, 40),
  mongo_body_landmarks_norm: flag('m_norm', 40, 30),
  two_noses: flag('noses', 1, 80),
  is_dupe_of: `CASE WHEN ${isIn('dupe', 2)} THEN 1 + n DIV 2 WHEN ${isIn('dupe', 4)} THEN 1 WHEN ${isIn('dupe', 6)} THEN 0 END`,
  mongo_hand_landmarks: flag('m_hands', 40, 30),
  mongo_hand_landmarks_norm: flag('m_hands_norm', 40, 40),
  is_face_no_lms: flag('no_lms', 6, 50),
  is_feet: flag('feet', 20, 45),
  mongo_body_landmarks_3D: flag('m_3d', 40, 45),
  is_hand_left: flag('left', 32, 25),
  is_hand_right: flag('right', 35, 25),
  pitch: ofFace('pitch', 90_000),
  yaw: ofFace('yaw', 180_000),
  roll: ofFace('roll', 180_000),
};

const box = (name: string): string =>
  `CONCAT('{"left": ', ${part(`${name}_l`, 2000, 'j')}, ', "right": ', 2000 + ${part(`${name}_r`, 900, 'j')}, ', "top": ', ${part(`${name}_t`, 2000, 'j')}, ', "bottom": ', 2000 + ${part(`${name}_b`, 900, 'j')}, '}')`;
const ofColour = (name: string): string => maybe('colour', 70, unit(name, 'j'), 'j');

const detections = {
  detection_id: 'n * 4 + j + 1',
  image_id: idSql,
  class_id: `CASE WHEN ${isIn('class', 45, 'j')} THEN 0 WHEN ${isIn('class', 57, 'j')} THEN 67 ELSE ${part('class_id', 120, 'j')} END`,
  obj_no: 'j + 1',
  bbox: box('box'),
  conf: `CASE WHEN ${isIn('conf', 1, 'j')} THEN -1 WHEN ${isIn('conf', 6, 'j')} THEN 0.5 ELSE ${unit('conf_value', 'j')} END`,
  bbox_norm: maybe('norm', 97, box('norm_box'), 'j'),
  hue: ofColour('hue'),
  sat: ofColour('sat'),
  lum: ofColour('lum'),
  val: ofColour('val'),
  cluster_id: maybe('cluster', 90, part('cluster_id', 64, 'j'), 'j'),
  meta_cluster_id: maybe('meta', 95, part('meta_id', 16, 'j'), 'j'),
  orientation: maybe('orientation', 95, part('orientation_id', 8, 'j'), 'j'),
  exclude: maybe('exclude', 90, isIn('exclude_flag', 5, 'j'), 'j'),
};

const ethnicityIds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13];
const ethnicities = {
  image_id: idSql,
  // The second one is another than the first.
  ethnicity_id: pick(`(${part('ethnicity', 12)} + j * (1 + ${part('ethnicity_b', 11)})) % 12`, ethnicityIds),
};

const score = (name: string, from: number, range: number): string =>
  `ROUND(${from} + ${range} * ${unit(name, 'j')}, 9)`;
const second = isIn('topic_b_known', 70, 'j');
const third = `${second} AND ${isIn('topic_c_known', 60, 'j')}`;
const topics = {
  image_id: idSql,
  topic_id: picked('topic', 12, 64, 'j'),
  topic_score: score('score', 0.35, 0.6),
  topic_id2: `IF(${second}, ${picked('topic_b', 12, 64, 'j')}, NULL)`,
  topic_score2: `IF(${second}, ${score('score_b', 0, 0.35)}, NULL)`,
  topic_id3: `IF(${third}, ${picked('topic_c', 12, 64, 'j')}, NULL)`,
  topic_score3: `IF(${third}, ${score('score_c', 0, 0.2)}, NULL)`,
};

/** Cluster table → the number of its clusters and the share of images that have a row, in percent. */
const clusters = {
  ImagesBodyPoses3D256: [256, 50],
  ImagesBodyPoses3D512: [512, 51],
  ImagesBodyPoses3D768: [768, 49],
  ImagesHandsGestures32: [32, 38],
  ImagesHandsGestures64: [64, 37],
  ImagesHandsPositions128: [128, 40],
  ImagesHSV: [23, 97],
} as const;

/** Images beside `places` 0, 1, 2 …: `count` of them an image. The order of the keys is that of the two loops. */
const times = (count: string): string => `bench_numbers STRAIGHT_JOIN bench_places ON j < ${count}`;

function insert(table: string, columns: Readonly<Record<string, string>>, from: string): string {
  const names = Object.keys(columns).map(quoted).join(', ');
  return `INSERT INTO ${table} (${names}) SELECT ${Object.values(columns).join(',\n  ')} FROM ${from}`;
}

/** The inserts of the tables, each by itself, the longest first; two connections may share them. */
export function fillStatements(): string[] {
  const keywords = { image_id: idSql, keyword_id: `1 + j * 1000 + ${part('keyword', 1000, 'j')}` };
  const keywordCount = `IF(${isIn('keywords_none', 1)}, 0, ${part('keywords', 22)})`;
  const detectionCount = `IF(${isIn('detections_none', 30)}, 0, 1 + ${part('detections', 4)})`;
  const ethnicityCount = `IF(${isIn('ethnicities', 29)}, 1 + ${isIn('ethnicities_two', 25)}, 0)`;
  // A re-run of the topic model has added rows behind all others; in a batch they stand in any order.
  const topicRows = `WHERE IF(j = 0, ${isIn('topics', 80)}, ${isIn('topics_again', 10)}) ORDER BY j, n DIV 1000, ${hashed('order')}`;
  return [
    insert('ImagesKeywords', keywords, times(keywordCount)),
    insert('Detections', detections, times(detectionCount)),
    insert('Images', images, 'bench_numbers ORDER BY n'),
    insert('Encodings', encodings, `bench_numbers WHERE ${isIn('encoded', 77)} ORDER BY 1`),
    insert('ImagesTopics', topics, `${times('2')} ${topicRows}`),
    insert('ImagesEthnicity', ethnicities, times(ethnicityCount)),
    ...Object.entries(clusters).map(([table, [count, percent]]) => {
      const distance = maybe(`${table}_far`, 2, `ROUND(12 * ${unit(`${table}_d`)}, 7)`);
      const columns = { image_id: idSql, cluster_id: picked(table, 6, count), cluster_dist: distance };
      return insert(table, columns, `bench_numbers WHERE ${isIn(`${table}_row`, percent)} ORDER BY n`);
    }),
  ];
}

/** The tables with their lookups' rows, and the numbers of the images, doubled until there are enough. */
export function schemaStatements(imageCount: number, mariadb: boolean): string[] {
  const statements = tableSchemas(resolveSample({ images: imageCount })).map((schema) => createTable(schema, mariadb));
  for (const [name, rows] of Object.entries(lookupRows())) {
    statements.push(`INSERT INTO ${quoted(name)} VALUES ${rows.map(sqlRow).join(',')}`);
  }
  statements.push('CREATE TABLE bench_places (j int NOT NULL PRIMARY KEY)');
  statements.push(`INSERT INTO bench_places VALUES ${Array.from({ length: 22 }, (_, j) => `(${j})`).join(',')}`);
  statements.push('CREATE TABLE bench_numbers (n bigint NOT NULL PRIMARY KEY)', 'INSERT INTO bench_numbers VALUES (0)');
  for (let known = 1; known < imageCount; known *= 2) {
    statements.push(
      `INSERT INTO bench_numbers SELECT n + ${known} FROM bench_numbers WHERE n + ${known} < ${imageCount}`,
    );
  }
  return statements;
}
