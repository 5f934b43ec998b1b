import { clusterTables } from './clusters.js';
import type { Sample } from './sample.js';
import { markerName } from './sample.js';

/** A table's name and the part of CREATE TABLE between the brackets. */
export interface TableSchema {
  readonly name: string;
  readonly body: string;
}

const images = `
  image_id int NOT NULL AUTO_INCREMENT,
  site_name_id int NULL,
  site_image_id varchar(50) NOT NULL,
  age_id int NULL,
  age_detail_id int NULL,
  gender_id int NULL,
  location_id int NULL,
  author varchar(100) NULL,
  caption varchar(150) NULL,
  contentUrl varchar(300) NOT NULL,
  description varchar(150) NULL,
  imagename varchar(200) NULL,
  uploadDate DATE NULL,
  release_name_id int NULL,
  h int NULL,
  w int NULL,
  no_image boolean NULL,
  PRIMARY KEY (image_id)`;

const encodings = `
  encoding_id int NOT NULL AUTO_INCREMENT,
  image_id int NULL,
  is_face boolean NULL,
  is_body boolean NULL,
  is_face_distant boolean NULL,
  face_x DECIMAL(6,3) NULL,
  face_y DECIMAL(6,3) NULL,
  face_z DECIMAL(6,3) NULL,
  mouth_gap DECIMAL(6,3) NULL,
  face_landmarks BLOB NULL,
  bbox JSON NULL,
  face_encodings68 BLOB NULL,
  body_landmarks BLOB NULL,
  mongo_encodings boolean NULL,
  mongo_body_landmarks boolean NULL,
  mongo_face_landmarks boolean NULL,
  is_small boolean NULL,
  mongo_body_landmarks_norm boolean NULL,
  two_noses boolean NULL,
  is_dupe_of int NULL,
  mongo_hand_landmarks boolean NULL,
  mongo_hand_landmarks_norm boolean NULL,
  is_face_no_lms boolean NULL,
  is_feet boolean NULL,
  mongo_body_landmarks_3D boolean NULL,
  is_hand_left boolean NULL,
  is_hand_right boolean NULL,
  pitch DECIMAL(6,3) NULL,
  yaw DECIMAL(6,3) NULL,
  roll DECIMAL(6,3) NULL,
  PRIMARY KEY (encoding_id)`;

const detections = `
  detection_id int NOT NULL AUTO_INCREMENT,
  image_id int NOT NULL,
  class_id int NOT NULL,
  obj_no TINYINT NOT NULL,
  bbox JSON NOT NULL,
  conf FLOAT NOT NULL,
  bbox_norm JSON NULL,
  hue FLOAT NULL,
  sat FLOAT NULL,
  lum FLOAT NULL,
  val FLOAT NULL,
  cluster_id int NULL,
  meta_cluster_id int NULL,
  orientation int NULL,
  exclude TINYINT NULL,
  PRIMARY KEY (detection_id),
  UNIQUE KEY (image_id, class_id, obj_no),
  INDEX (image_id, class_id)`;

const topics = `
  image_id int NULL,
  topic_id int NULL,
  topic_score FLOAT NULL,
  topic_id2 int NULL,
  topic_score2 FLOAT NULL,
  topic_id3 int NULL,
  topic_score3 FLOAT NULL`;

const location = `
  location_id int NOT NULL,
  location_number_getty int NULL,
  getty_name varchar(70) NULL,
  nation_name varchar(70) NULL,
  nation_name_alpha varchar(70) NULL,
  official_nation_name varchar(150) NULL,
  sovereignty varchar(70) NULL,
  code_alpha2 varchar(70) NULL,
  code_alpha3 varchar(70) NULL,
  code_numeric int NULL,
  code_iso varchar(70) NULL,
  population int NULL,
  region varchar(50) NULL,
  subregion varchar(50) NULL,
  intermediateregion varchar(50) NULL,
  WarsawPact varchar(50) NULL,
  PRIMARY KEY (location_id)`;

function cluster(key: string): string {
  return `
  image_id int NOT NULL,
  cluster_id int NULL,
  cluster_dist FLOAT NULL,
  ${key} (image_id)`;
}

function junction(other: string): string {
  return `
  image_id int NOT NULL,
  ${other} int NOT NULL,
  PRIMARY KEY (image_id, ${other})`;
}

function lookup(key: string, name: string, characters: number, rest = 'NULL'): string {
  return `
  ${key} int NOT NULL,
  ${name} varchar(${characters}) ${rest},
  PRIMARY KEY (${key})`;
}

/** Every table of the sample as source.md has it; junctions without REFERENCES, which MariaDB would honour. */
export function tableSchemas(sample: Sample): readonly TableSchema[] {
  // Older copies of Encodings have no index on image_id at all.
  const unique = sample.oldEncodings ? '' : ',\n  UNIQUE KEY (image_id)';
  const schemas: TableSchema[] = [
    { name: 'Site', body: lookup('site_name_id', 'site_name', 20) },
    { name: 'Gender', body: lookup('gender_id', 'gender', 20) },
    { name: 'Age', body: lookup('age_id', 'age', 20) },
    { name: 'AgeDetail', body: lookup('age_detail_id', 'age_detail', 20) },
    { name: 'Location', body: location },
    { name: 'Ethnicity', body: lookup('ethnicity_id', 'ethnicity', 40) },
    { name: 'Keywords', body: lookup('keyword_id', 'keyword_text', 50, 'NOT NULL') },
    { name: 'Images', body: images },
    { name: 'Encodings', body: `${encodings}${unique}` },
    { name: 'Detections', body: detections },
    { name: 'ImagesKeywords', body: junction('keyword_id') },
    { name: 'ImagesEthnicity', body: junction('ethnicity_id') },
    { name: 'ImagesTopics', body: topics },
    ...clusterTables.map(({ name }) => ({ name, body: cluster('PRIMARY KEY') })),
  ];
  if (sample.faceClusters) schemas.push({ name: 'ImagesClusters', body: cluster('INDEX') });
  return schemas;
}

/** Every name a fill may create, whatever the options of the sample that made it. */
export function tableNames(sample: Sample): readonly string[] {
  return tableSchemas({ ...sample, faceClusters: true }).map(({ name }) => name);
}

/** The marker's table: a row in it says that a fill went through to its end. */
export const markerSchema: TableSchema = {
  name: markerName,
  body: `
  images int NOT NULL,
  seed int NOT NULL,
  version varchar(100) NOT NULL`,
};

/** CREATE TABLE in a form that MariaDB 10.11 and MySQL 8 and 9 take alike. */
export function createTable(schema: TableSchema, mariadb: boolean): string {
  const collation = mariadb ? ' COLLATE=utf8mb4_unicode_ci' : '';
  return `CREATE TABLE \`${schema.name}\` (${schema.body}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4${collation}`;
}
