/** The columns of target.md, typed out from it: nothing here comes from the declaration that the pipeline uses. */

export type OracleType =
  | 'UInt8'
  | 'UInt16'
  | 'UInt32'
  | 'Bool'
  | 'Decimal'
  | 'Float32'
  | 'Text'
  | 'Day'
  | 'Array(UInt8)'
  | 'Array(UInt32)';

/** Every column of images_analytical but updated_at, in the table's order. */
export const targetColumns = {
  image_id: 'UInt32',
  site_name_id: 'UInt8',
  site_name: 'Text',
  site_image_id: 'Text',
  gender_id: 'UInt8',
  gender: 'Text',
  age_id: 'UInt8',
  age: 'Text',
  age_detail_id: 'UInt8',
  location_id: 'UInt16',
  country_code: 'Text',
  region: 'Text',
  keyword_ids: 'Array(UInt32)',
  ethnicity_ids: 'Array(UInt8)',
  ethnicity_white: 'Bool',
  ethnicity_black: 'Bool',
  ethnicity_asian: 'Bool',
  ethnicity_hispanic: 'Bool',
  ethnicity_middle_eastern: 'Bool',
  ethnicity_native_american: 'Bool',
  ethnicity_pacific_islander: 'Bool',
  ethnicity_mixed: 'Bool',
  ethnicity_other: 'Bool',
  has_face: 'Bool',
  has_body: 'Bool',
  has_feet: 'Bool',
  has_hands: 'Bool',
  has_left_hand: 'Bool',
  has_right_hand: 'Bool',
  is_face_distant: 'Bool',
  is_small: 'Bool',
  is_face_no_lms: 'Bool',
  face_x: 'Decimal',
  face_y: 'Decimal',
  face_z: 'Decimal',
  mouth_gap: 'Decimal',
  body_pose_cluster_256: 'UInt16',
  body_pose_cluster_512: 'UInt16',
  body_pose_cluster_768: 'UInt16',
  hand_gesture_cluster_32: 'UInt8',
  hand_gesture_cluster_64: 'UInt8',
  hand_position_cluster_128: 'UInt8',
  hsv_cluster: 'UInt16',
  face_cluster: 'UInt16',
  topic_id_1: 'UInt16',
  topic_score_1: 'Float32',
  topic_id_2: 'UInt16',
  topic_score_2: 'Float32',
  topic_id_3: 'UInt16',
  topic_score_3: 'Float32',
  detection_count: 'UInt16',
  detection_classes: 'Array(UInt8)',
  detection_top_class_id: 'UInt8',
  detection_top_class_confidence: 'Float32',
  upload_date: 'Day',
  author: 'Text',
  caption: 'Text',
  content_url: 'Text',
  width: 'UInt16',
  height: 'UInt16',
  is_dupe_of: 'UInt32',
} as const satisfies Record<string, OracleType>;

/** Columns that ride in every shard; the first five are in the table only where it has them. */
const mongoColumns = {
  has_face_landmarks: 'Bool',
  has_body_landmarks: 'Bool',
  has_face_encodings: 'Bool',
  has_body_world_landmarks: 'Bool',
  has_body_landmarks_norm: 'Bool',
  mongo_left_hand: 'Bool',
  mongo_right_hand: 'Bool',
} as const satisfies Record<string, OracleType>;

export const oracleColumns = { ...targetColumns, ...mongoColumns } as const;
export type OracleColumn = keyof typeof oracleColumns;

/** The types of the columns by name, for names that come from elsewhere. */
export function oracleType(column: string): OracleType {
  const type = (oracleColumns as Readonly<Record<string, OracleType>>)[column];
  if (type === undefined) throw new Error(`target.md has no column ${column}`);
  return type;
}

const unsignedMax: Readonly<Record<string, number>> = { UInt8: 255, UInt16: 65_535, UInt32: 4_294_967_295 };

/** What a column that is not Nullable gets where the source has nothing, in canonical form. */
export function unknownText(type: OracleType): string {
  switch (type) {
    case 'Bool':
      return 'false';
    case 'Decimal':
      return '0.000';
    case 'Float32':
      return '00000000';
    case 'Text':
    case 'Array(UInt8)':
    case 'Array(UInt32)':
      return '';
    case 'Day':
      return '1970-01-01';
    default:
      return '0';
  }
}

/** Whether a canonical text is a value of its type; only the integers can fail to be. */
export function fits(type: OracleType, text: string): boolean {
  const element = /UInt\d+/.exec(type)?.[0];
  if (element === undefined) return true;
  const max = unsignedMax[element] ?? 0;
  const numbers = text === '' ? [] : text.split(',').map(Number);
  return numbers.every((number) => number >= 0 && number <= max);
}

/** The IEEE 754 bits of a number as a 32-bit float, eight upper-case hexadecimal digits. */
export function floatText(value: number): string {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0).toString(16).toUpperCase().padStart(8, '0');
}
