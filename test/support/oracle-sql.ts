/** The statements of the oracle. GROUP_CONCAT is at home here: the session raises its limit first. */

export const sessionStatements: readonly string[] = [
  'SET SESSION group_concat_max_len = 104857600',
  "SET SESSION sql_mode = ''",
  "SET SESSION time_zone = '+00:00'",
];

const clusters: readonly (readonly [table: string, column: string])[] = [
  ['ImagesBodyPoses3D256', 'body_pose_cluster_256'],
  ['ImagesBodyPoses3D512', 'body_pose_cluster_512'],
  ['ImagesBodyPoses3D768', 'body_pose_cluster_768'],
  ['ImagesHandsGestures32', 'hand_gesture_cluster_32'],
  ['ImagesHandsGestures64', 'hand_gesture_cluster_64'],
  ['ImagesHandsPositions128', 'hand_position_cluster_128'],
  ['ImagesHSV', 'hsv_cluster'],
  ['ImagesClusters', 'face_cluster'],
];

const encodingColumns =
  'is_face, is_body, is_feet, is_hand_left, is_hand_right, is_face_distant, is_small, is_face_no_lms, ' +
  'face_x, face_y, face_z, mouth_gap, is_dupe_of';

/** One row an image out of a table with several: `order` says which comes first. */
function chosen(name: string, table: string, columns: string, order: string): string {
  return `
    CREATE TEMPORARY TABLE ${name} (image_id INT NOT NULL PRIMARY KEY)
    SELECT image_id, ${columns} FROM (
      SELECT image_id, ${columns}, ROW_NUMBER() OVER (PARTITION BY image_id ORDER BY ${order}) AS place
      FROM ${table} WHERE image_id BETWEEN ? AND ?) AS ranked
    WHERE place = 1`;
}

/** Most rows, then the highest confidence, then the lowest class (target.md, rule 3). */
const detections = `
  CREATE TEMPORARY TABLE oracle_detections (image_id INT NOT NULL PRIMARY KEY)
  SELECT image_id,
    CAST(SUM(times) AS SIGNED) AS detection_count,
    GROUP_CONCAT(class_id ORDER BY class_id SEPARATOR ',') AS detection_classes,
    MAX(CASE WHEN place = 1 THEN class_id END) AS top_class,
    MAX(CASE WHEN place = 1 THEN best END) AS top_confidence
  FROM (
    SELECT image_id, class_id, COUNT(*) AS times, MAX(CAST(conf AS DOUBLE)) AS best,
      ROW_NUMBER() OVER (PARTITION BY image_id
        ORDER BY COUNT(*) DESC, MAX(CAST(conf AS DOUBLE)) DESC, class_id) AS place
    FROM Detections WHERE image_id BETWEEN ? AND ? GROUP BY image_id, class_id) AS classes
  GROUP BY image_id`;

/**
 * Statements that reduce the sources to one row an image for ids of [first, last] (the two parameters of each), in
 * temporary tables. `tables` holds the names of the tables there are: the optional one may be missing.
 */
export function reducing(tables: ReadonlySet<string>): readonly string[] {
  return [
    chosen('oracle_encodings', 'Encodings', encodingColumns, 'encoding_id DESC'),
    chosen(
      'oracle_topics',
      'ImagesTopics',
      'topic_id, topic_score, topic_id2, topic_score2, topic_id3, topic_score3',
      'topic_score IS NULL, topic_score DESC, topic_id IS NULL, topic_id',
    ),
    ...clusters
      .filter(([table]) => tables.has(table))
      .map(([table, column]) =>
        chosen(
          `oracle_${column}`,
          table,
          'cluster_id',
          'cluster_dist IS NULL, cluster_dist, cluster_id IS NULL, cluster_id',
        ),
      ),
    detections,
  ];
}

/** A score whose topic is NULL is unknown (target.md, rule 2). */
function score(number: '' | '2' | '3'): string {
  return `CASE WHEN t.topic_id${number} IS NOT NULL THEN CAST(t.topic_score${number} AS DOUBLE) END`;
}

/**
 * The wide row of every image of [first, last], in id order, as far as SQL goes: the flags of ethnicity and hands are
 * settled elsewhere. Its parameters are first and last, three times.
 */
export function wideSelect(tables: ReadonlySet<string>): string {
  const there = clusters.filter(([table]) => tables.has(table));
  const absent = clusters.filter(([table]) => !tables.has(table));
  return `
    SELECT i.image_id, i.site_name_id, HEX(s.site_name) AS site_name, HEX(i.site_image_id) AS site_image_id,
      i.gender_id, HEX(g.gender) AS gender, i.age_id, HEX(a.age) AS age, i.age_detail_id,
      i.location_id, HEX(l.code_alpha3) AS country_code, HEX(l.region) AS region,
      k.ids AS keyword_ids, n.ids AS ethnicity_ids,
      e.is_face AS has_face, e.is_body AS has_body, e.is_feet AS has_feet,
      e.is_hand_left AS mysql_left_hand, e.is_hand_right AS mysql_right_hand,
      e.is_face_distant, e.is_small, e.is_face_no_lms,
      CAST(e.face_x AS CHAR) AS face_x, CAST(e.face_y AS CHAR) AS face_y,
      CAST(e.face_z AS CHAR) AS face_z, CAST(e.mouth_gap AS CHAR) AS mouth_gap,
      ${there.map(([, column]) => `${column}.cluster_id AS ${column}`).join(', ')},
      ${absent.map(([, column]) => `NULL AS ${column}, `).join('')}
      t.topic_id AS topic_id_1, ${score('')} AS topic_score_1,
      t.topic_id2 AS topic_id_2, ${score('2')} AS topic_score_2,
      t.topic_id3 AS topic_id_3, ${score('3')} AS topic_score_3,
      COALESCE(d.detection_count, 0) AS detection_count, d.detection_classes,
      d.top_class AS detection_top_class_id, d.top_confidence AS detection_top_class_confidence,
      CASE WHEN i.uploadDate >= '1970-01-01' AND i.uploadDate <= '2106-02-07'
        AND MONTH(i.uploadDate) > 0 AND DAYOFMONTH(i.uploadDate) > 0
        THEN DATE_FORMAT(i.uploadDate, '%Y-%m-%d') END AS upload_date,
      HEX(i.author) AS author, HEX(i.caption) AS caption, HEX(i.contentUrl) AS content_url,
      i.w AS width, i.h AS height, e.is_dupe_of
    FROM Images AS i
    LEFT JOIN Site AS s ON s.site_name_id = i.site_name_id
    LEFT JOIN Gender AS g ON g.gender_id = i.gender_id
    LEFT JOIN Age AS a ON a.age_id = i.age_id
    LEFT JOIN Location AS l ON l.location_id = i.location_id
    LEFT JOIN oracle_encodings AS e ON e.image_id = i.image_id
    LEFT JOIN oracle_topics AS t ON t.image_id = i.image_id
    LEFT JOIN oracle_detections AS d ON d.image_id = i.image_id
    ${there.map(([, name]) => `LEFT JOIN oracle_${name} AS ${name} ON ${name}.image_id = i.image_id`).join('\n')}
    LEFT JOIN (
      SELECT image_id, GROUP_CONCAT(DISTINCT keyword_id ORDER BY keyword_id SEPARATOR ',') AS ids
      FROM ImagesKeywords WHERE image_id BETWEEN ? AND ? GROUP BY image_id) AS k ON k.image_id = i.image_id
    LEFT JOIN (
      SELECT image_id, GROUP_CONCAT(DISTINCT ethnicity_id ORDER BY ethnicity_id SEPARATOR ',') AS ids
      FROM ImagesEthnicity WHERE image_id BETWEEN ? AND ? GROUP BY image_id) AS n ON n.image_id = i.image_id
    WHERE i.image_id BETWEEN ? AND ?
    ORDER BY i.image_id`;
}
