import { MongoClient } from 'mongodb';

/** What the documents of one image say in all collections; undefined where a collection has none of the image. */
export interface MongoSays {
  has_face_landmarks?: boolean;
  has_body_landmarks?: boolean;
  has_face_encodings?: boolean;
  has_body_world_landmarks?: boolean;
  has_body_landmarks_norm?: boolean;
  mongo_left_hand?: boolean;
  mongo_right_hand?: boolean;
}

const fieldColumns = [
  ['encodings', 'face_landmarks', 'has_face_landmarks'],
  ['encodings', 'body_landmarks', 'has_body_landmarks'],
  ['encodings', 'face_encodings68', 'has_face_encodings'],
  ['body_world_landmarks', 'body_world_landmarks', 'has_body_world_landmarks'],
  ['body_landmarks_norm', 'nlms', 'has_body_landmarks_norm'],
  ['hand_landmarks', 'left_hand', 'mongo_left_hand'],
  ['hand_landmarks', 'right_hand', 'mongo_right_hand'],
] as const satisfies readonly (readonly [string, string, keyof MongoSays])[];

/** The ten byte strings that source.md calls a pickled None, in hexadecimal. */
const pickledNone = new Set(
  ['4e2e', '80024e2e', '80034e2e', '80044e2e', '80054e2e'].flatMap((hex) => [hex, hex.slice(0, -2)]),
);

/** Presence as source.md defines it. `value` is a field as the driver gives it with promoteBuffers. */
function isPresent(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (value instanceof Uint8Array) return !pickledNone.has(Buffer.from(value).toString('hex'));
  if (typeof value === 'object' && !Array.isArray(value)) return Object.keys(value).length > 0;
  return true;
}

/** The key as a number, or undefined for anything that is no whole number. */
function wholeKey(value: unknown): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined;
}

/** Reads all four collections whole and says per image what they hold; for sample sizes only. */
export async function readMongo(url: string, database: string): Promise<ReadonlyMap<number, MongoSays>> {
  const client = new MongoClient(url, { useBigInt64: true, promoteBuffers: true, serverSelectionTimeoutMS: 10_000 });
  const says = new Map<number, MongoSays>();
  try {
    await client.connect();
    for (const name of new Set(fieldColumns.map(([collection]) => collection))) {
      const fields = fieldColumns.filter(([collection]) => collection === name);
      for await (const document of client.db(database).collection(name).find({})) {
        const key = wholeKey(document.image_id);
        if (key === undefined) continue;
        const image = says.get(key) ?? {};
        for (const [, field, column] of fields) image[column] = image[column] === true || isPresent(document[field]);
        says.set(key, image);
      }
    }
  } finally {
    await client.close();
  }
  return says;
}
