import type { Source } from '../declaration.js';
import { collection, lookup, table } from '../declare.js';
import { classifySql, imageEthnicitySql } from './ethnicity.js';

const image = 'image_id';

/** Target.md, rule 3: most rows, then highest conf, then lowest class_id; the confidence is that class's greatest. */
const topClassSql = `
  SELECT image_id,
    sum(n) AS detection_count,
    list_sort(list(class_id)) AS classes,
    max(class_id) FILTER (WHERE place = 1) AS top_class_id,
    max(conf) FILTER (WHERE place = 1) AS top_conf
  FROM (
    SELECT *, row_number() OVER (PARTITION BY image_id ORDER BY n DESC, conf DESC NULLS LAST, class_id) AS place
    FROM (SELECT image_id, class_id, count(*) AS n, max(conf) AS conf FROM {input} GROUP BY image_id, class_id)
  ) GROUP BY image_id`;

const keywordsSql = `
  SELECT image_id, list_sort(list(keyword_id) FILTER (WHERE keyword_id IS NOT NULL)) AS keyword_ids
  FROM {distinct} GROUP BY image_id`;

/** The sources of source.md; cluster tables come with their columns. Encodings' BLOBs and boxes are not migrated. */
export const sources: readonly Source[] = [
  table(
    'Images',
    image,
    {
      site_name_id: 'int',
      site_image_id: 'varchar',
      age_id: 'int',
      age_detail_id: 'int',
      gender_id: 'int',
      location_id: 'int',
      author: 'varchar',
      caption: 'varchar',
      contentUrl: 'varchar',
      uploadDate: 'date',
      h: 'int',
      w: 'int',
    },
    { role: 'driving', reduce: { rows: 'one' } },
  ),
  table(
    'Encodings',
    image,
    {
      encoding_id: 'int',
      is_face: 'boolean',
      is_body: 'boolean',
      is_face_distant: 'boolean',
      face_x: 'decimal(6,3)',
      face_y: 'decimal(6,3)',
      face_z: 'decimal(6,3)',
      mouth_gap: 'decimal(6,3)',
      is_small: 'boolean',
      is_dupe_of: 'int',
      is_face_no_lms: 'boolean',
      is_feet: 'boolean',
      is_hand_left: 'boolean',
      is_hand_right: 'boolean',
    },
    { reduce: { rows: 'best', order: 'encoding_id DESC' } },
  ),
  table('Detections', image, { class_id: 'int', conf: 'float' }, { reduce: { rows: 'sql', sql: topClassSql } }),
  table('ImagesKeywords', image, { keyword_id: 'int' }, { reduce: { rows: 'sql', sql: keywordsSql } }),
  table('ImagesEthnicity', image, { ethnicity_id: 'int' }, { reduce: { rows: 'sql', sql: imageEthnicitySql } }),
  table(
    'ImagesTopics',
    image,
    {
      topic_id: 'int',
      topic_score: 'float',
      topic_id2: 'int',
      topic_score2: 'float',
      topic_id3: 'int',
      topic_score3: 'float',
    },
    { reduce: { rows: 'best', order: 'topic_score DESC NULLS LAST, topic_id ASC NULLS LAST' } },
  ),
  lookup('Site', 'site_name_id', { site_name: 'varchar' }, 'images.site_name_id'),
  lookup('Gender', 'gender_id', { gender: 'varchar' }, 'images.gender_id'),
  lookup('Age', 'age_id', { age: 'varchar' }, 'images.age_id'),
  lookup('Location', 'location_id', { code_alpha3: 'varchar', region: 'varchar' }, 'images.location_id'),
  table(
    'Ethnicity',
    'ethnicity_id',
    { ethnicity: 'varchar' },
    { role: 'lookup', reduce: { rows: 'sql', sql: classifySql } },
  ),
  collection('encodings', image, ['face_landmarks', 'body_landmarks', 'face_encodings68']),
  collection('body_landmarks_norm', image, ['nlms']),
  collection('body_world_landmarks', image, ['body_world_landmarks']),
  collection('hand_landmarks', image, ['left_hand', 'right_hand']),
];
