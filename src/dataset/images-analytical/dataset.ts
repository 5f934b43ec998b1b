import type { Condition, Dataset, Oddity } from '../declaration.js';
import { cluster, column, type Declared, gather } from '../declare.js';
import { ethnicityFlags } from './ethnicity.js';
import { sources } from './sources.js';

/**
 * Target.md, rule 5. A hand that MySQL knows nothing of and MongoDB lacks stays unknown; a number other than 0 and 1
 * stays as it is, so that the check rejects it instead of taking it for a yes.
 */
function hand(side: 'left' | 'right'): string {
  const mysql = `encodings.is_hand_${side}`;
  const mongo = `mongo_hand_landmarks.${side}_hand`;
  return `(CASE {hands}
    WHEN 'mysql' THEN ${mysql}
    WHEN 'mongo' THEN CAST(${mongo} AS TINYINT)
    ELSE CASE WHEN ${mongo} THEN 1 ELSE ${mysql} END END)`;
}

const hasHands = `(CASE WHEN ${hand('left')} = 1 OR ${hand('right')} = 1 THEN 1
  WHEN ${hand('left')} IS NULL OR ${hand('right')} IS NULL THEN NULL ELSE 0 END)`;

/** A score whose id is NULL says nothing (target.md, rule 2). */
function topic(place: 1 | 2 | 3): Declared[] {
  const id = `imagestopics.topic_id${place === 1 ? '' : place}`;
  const score = `imagestopics.topic_score${place === 1 ? '' : place}`;
  return [
    column(`topic_id_${place}`, 'UInt16', id),
    column(`topic_score_${place}`, 'Float32', `CASE WHEN ${id} IS NOT NULL THEN ${score} END`),
  ];
}

const text = 'LowCardinality(String)';

/** The 62 columns of target.md in their order, then what rides beside them. A new cluster table is one line here. */
const declared: readonly Declared[] = [
  column('image_id', 'UInt32', 'images.image_id'),
  column('site_name_id', 'UInt8', 'images.site_name_id'),
  column('site_name', text, 'site.site_name'),
  column('site_image_id', 'String', 'images.site_image_id'),
  column('gender_id', 'UInt8', 'images.gender_id'),
  column('gender', text, 'gender.gender'),
  column('age_id', 'UInt8', 'images.age_id'),
  column('age', text, 'age.age'),
  column('age_detail_id', 'UInt8', 'images.age_detail_id'),
  column('location_id', 'UInt16', 'images.location_id'),
  column('country_code', text, 'location.code_alpha3'),
  column('region', text, 'location.region'),
  column('keyword_ids', 'Array(UInt32)', 'coalesce(imageskeywords.keyword_ids, [])'),
  column('ethnicity_ids', 'Array(UInt8)', 'coalesce(imagesethnicity.ethnicity_ids, [])'),
  ...ethnicityFlags.map((flag) => column(`ethnicity_${flag}`, 'Bool', `imagesethnicity.${flag}`)),
  column('has_face', 'Bool', 'encodings.is_face'),
  column('has_body', 'Bool', 'encodings.is_body'),
  column('has_feet', 'Bool', 'encodings.is_feet'),
  column('has_hands', 'Bool', hasHands),
  column('has_left_hand', 'Bool', hand('left')),
  column('has_right_hand', 'Bool', hand('right')),
  column('is_face_distant', 'Bool', 'encodings.is_face_distant'),
  column('is_small', 'Bool', 'encodings.is_small'),
  column('is_face_no_lms', 'Bool', 'encodings.is_face_no_lms'),
  column('face_x', 'Decimal(6, 3)', 'encodings.face_x'),
  column('face_y', 'Decimal(6, 3)', 'encodings.face_y'),
  column('face_z', 'Decimal(6, 3)', 'encodings.face_z'),
  column('mouth_gap', 'Decimal(6, 3)', 'encodings.mouth_gap'),
  cluster('body_pose_cluster_256', 'UInt16', 'ImagesBodyPoses3D256'),
  cluster('body_pose_cluster_512', 'UInt16', 'ImagesBodyPoses3D512'),
  cluster('body_pose_cluster_768', 'UInt16', 'ImagesBodyPoses3D768'),
  cluster('hand_gesture_cluster_32', 'UInt8', 'ImagesHandsGestures32'),
  cluster('hand_gesture_cluster_64', 'UInt8', 'ImagesHandsGestures64'),
  cluster('hand_position_cluster_128', 'UInt8', 'ImagesHandsPositions128'),
  cluster('hsv_cluster', 'UInt16', 'ImagesHSV'),
  cluster('face_cluster', 'UInt16', 'ImagesClusters', { optional: true }),
  ...topic(1),
  ...topic(2),
  ...topic(3),
  column('detection_count', 'UInt16', 'coalesce(detections.detection_count, 0)'),
  column('detection_classes', 'Array(UInt8)', 'coalesce(detections.classes, [])'),
  column('detection_top_class_id', 'UInt8', 'detections.top_class_id'),
  column('detection_top_class_confidence', 'Float32', 'detections.top_conf'),
  column('upload_date', "DateTime('UTC')", 'images.uploadDate', { misfit: 'unknown' }),
  column('author', text, 'images.author'),
  column('caption', 'String', 'images.caption'),
  column('content_url', 'String', 'images.contentUrl'),
  column('width', 'UInt16', 'images.w'),
  column('height', 'UInt16', 'images.h'),
  column('is_dupe_of', 'UInt32', 'encodings.is_dupe_of'),
  column('updated_at', "DateTime('UTC')", '', { place: 'version' }),
  column('has_face_landmarks', 'Bool', 'mongo_encodings.face_landmarks', { place: 'live' }),
  column('has_body_landmarks', 'Bool', 'mongo_encodings.body_landmarks', { place: 'live' }),
  column('has_face_encodings', 'Bool', 'mongo_encodings.face_encodings68', { place: 'live' }),
  column('has_body_world_landmarks', 'Bool', 'mongo_body_world_landmarks.body_world_landmarks', { place: 'live' }),
  column('has_body_landmarks_norm', 'Bool', 'mongo_body_landmarks_norm.nlms', { place: 'live' }),
  column('mongo_left_hand', 'Bool', 'mongo_hand_landmarks.left_hand', { place: 'shard' }),
  column('mongo_right_hand', 'Bool', 'mongo_hand_landmarks.right_hand', { place: 'shard' }),
];

const oddities: readonly Oddity[] = [
  {
    name: 'detections_conf_below_0',
    what: 'detections: conf < 0, counted all the same',
    sql: 'SELECT count(*), min(image_id) FROM {detections} WHERE conf < 0',
  },
  {
    name: 'hands_disagree',
    what: 'images: hands differ, MySQL and MongoDB',
    sql: `SELECT count(*), min(e.image_id) FROM encodings e JOIN mongo_hand_landmarks m USING (image_id)
      WHERE (e.is_hand_left = 1) <> m.left_hand OR (e.is_hand_right = 1) <> m.right_hand`,
  },
  {
    name: 'ethnicity_words_unknown',
    once: true,
    what: 'ethnicity: values of no class (other)',
    sql: 'SELECT count(*), min(ethnicity_id) FROM ethnicity WHERE other',
  },
  {
    name: 'ethnicity_ids_unknown',
    what: 'imagesethnicity: id not in the lookup',
    sql: 'SELECT count(*), min(image_id) FROM {imagesethnicity} WHERE ethnicity_id NOT IN (SELECT ethnicity_id FROM ethnicity)',
  },
];

/** What the unknown-values look like at the target; NULL where a live column is Nullable. */
const sentinels: readonly Condition[] = [
  { name: 'site_name_id = 0', sql: 'ifNull(site_name_id, 0) = 0' },
  { name: 'gender_id = 0', sql: 'ifNull(gender_id, 0) = 0' },
  { name: 'upload_date = 1970-01-01', sql: "isNull(upload_date) OR toDate32(upload_date) = toDate32('1970-01-01')" },
  { name: 'no keywords', sql: 'empty(keyword_ids)' },
  { name: 'no detections', sql: 'ifNull(detection_count, 0) = 0' },
];

const queries: readonly Condition[] = [
  { name: 'has_face = 1', sql: 'has_face = 1' },
  {
    name: 'has_face = 1 AND detection_top_class_id = 67',
    sql: 'has_face = 1 AND detection_top_class_id = 67',
  },
  { name: 'has(ethnicity_ids, 1)', sql: 'has(ethnicity_ids, 1)' },
  {
    name: 'a month of upload_date: June 2015',
    sql: "upload_date >= '2015-06-01' AND upload_date < '2015-07-01'",
  },
];

/** The dataset that transload was built for: one row an image, from 13 tables and four collections (target.md). */
export const imagesAnalytical: Dataset = {
  format: 1,
  name: 'images_analytical',
  key: { name: 'image_id', digits: 10 },
  ...gather(sources, declared),
  options: [{ name: 'hands', values: ['either', 'mysql', 'mongo'], needs: 'mongo_hand_landmarks', otherwise: 'mysql' }],
  oddities,
  sentinels,
  queries,
  table: {
    name: 'images_analytical',
    engine: 'ReplacingMergeTree',
    version: 'updated_at',
    partitionBy: 'toYYYYMM(upload_date)',
    orderBy: [
      'has_face',
      'detection_top_class_id',
      'body_pose_cluster_512',
      'hand_position_cluster_128',
      'site_name_id',
      'location_id',
      'upload_date',
      'image_id',
    ],
    settings: { enable_block_number_column: '1', enable_block_offset_column: '1' },
  },
};
