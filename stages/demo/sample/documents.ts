import { factsOf } from './facts.js';
import { gapMiddle, idOf, lastId, orphanAfter } from './ids.js';
import { noneForms, pickle } from './pickles.js';
import { Random, streams } from './random.js';
import type { Sample } from './sample.js';

/** A document's key as BSON holds it; 'missing' leaves the field out. */
export type DocumentKey =
  | { readonly type: 'int32' | 'int64' | 'double'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'null' | 'missing' };

export type DocumentValue = Uint8Array | null | Readonly<Record<string, unknown>>;

/** A document without its driver's types: bytes become BinData, the rest stays as it is. */
export interface SampleDocument {
  readonly key: DocumentKey;
  readonly fields: Readonly<Record<string, DocumentValue>>;
}

export const collectionNames = ['encodings', 'body_landmarks_norm', 'body_world_landmarks', 'hand_landmarks'] as const;
export type CollectionName = (typeof collectionNames)[number];

/** Images up to this index have documents whatever their share is, so that small samples show every case. */
const alwaysBelow = 60;
const documentsPerImage = 4;

/** Whether an image has documents at all: 15 % of a large sample, less where mongoDocuments is the limit. */
function hasDocuments(sample: Sample, index: number): boolean {
  const perImage = sample.mongoDocuments / documentsPerImage;
  if (index === sample.images - 1 || index < Math.min(alwaysBelow, perImage)) return perImage >= 1;
  const share = Math.min(sample.images > 5000 ? 0.15 : 0.6, Math.max(0, perImage - alwaysBelow) / sample.images);
  return new Random(sample.seed, streams.documents, index).next() < share * 2 ** 32;
}

function keyOf(random: Random, value: number): DocumentKey {
  const draw = random.below(100);
  return { type: draw < 92 ? 'int32' : draw < 96 ? 'int64' : 'double', value };
}

/** A pickle where the fact holds; else null, a pickled None or no field; at times nothing although it holds. */
function pickleField(random: Random, name: string, there: boolean): Record<string, DocumentValue> {
  if (there && !random.chance(8)) return { [name]: pickle(random) };
  const draw = random.below(3);
  if (draw === 0) return {};
  return { [name]: draw === 1 ? null : random.pick(noneForms) };
}

function hand(random: Random): DocumentValue {
  const point = (): number[] => [random.below(1000) / 1000, random.below(1000) / 1000, 0.5];
  return { image_landmarks: [point(), point()], world_landmarks: [point()], confidence_score: random.below(100) / 100 };
}

function handField(random: Random, name: string, there: boolean): Record<string, DocumentValue> {
  if (there && !random.chance(8)) return { [name]: hand(random) };
  const draw = random.below(3);
  if (draw === 0) return {};
  return { [name]: draw === 1 ? null : {} };
}

/** The documents of one image in one collection; several in those without a unique index. */
export function documentsOf(sample: Sample, collection: CollectionName, index: number): SampleDocument[] {
  if (!hasDocuments(sample, index)) return [];
  const place = 1 + collectionNames.indexOf(collection);
  const random = new Random(sample.seed, streams.documents + place * 1000, index);
  const facts = factsOf(sample, index);
  const id = idOf(sample, index);
  const key = keyOf(random, id);
  switch (collection) {
    case 'encodings':
      if (random.chance(12)) return [];
      return [
        {
          key,
          fields: {
            ...pickleField(random, 'face_landmarks', facts.face),
            ...pickleField(random, 'body_landmarks', facts.body),
            ...pickleField(random, 'face_encodings68', facts.face),
          },
        },
      ];
    case 'body_landmarks_norm': {
      if (random.chance(30)) return [];
      const count = random.chance(20) ? 2 + random.below(2) : 1;
      return Array.from({ length: count }, () => ({
        key: keyOf(random, id),
        // One of several documents having it is enough, whichever comes first.
        fields: pickleField(random, 'nlms', facts.body && random.chance(70)),
      }));
    }
    case 'body_world_landmarks': {
      if (random.chance(10)) return [];
      const name = collection;
      return [{ key, fields: facts.body ? pickleField(random, name, true) : { [name]: random.pick(noneForms) } }];
    }
    case 'hand_landmarks': {
      if (random.chance(25)) return [];
      const left = handField(random, 'left_hand', facts.leftHand);
      const right = handField(random, 'right_hand', facts.rightHand);
      if (random.chance(88)) return [{ key, fields: { ...left, ...right } }];
      return [
        { key, fields: left },
        { key: keyOf(random, id), fields: right },
      ];
    }
  }
}

/** Documents of images that do not exist, so many images apart. */
export function orphanDocumentsOf(sample: Sample, collection: CollectionName, index: number): SampleDocument[] {
  if (sample.mongoDocuments < 1000) return [];
  const period = Math.max(500, 50 * Math.ceil(sample.images / 5000));
  const orphan = orphanAfter(sample, index, period, 6);
  if (orphan === undefined) return [];
  const random = new Random(sample.seed, streams.documents + 9000, index);
  return [{ key: { type: 'int32', value: orphan }, fields: fullFields(random, collection) }];
}

function fullFields(random: Random, collection: CollectionName): Record<string, DocumentValue> {
  switch (collection) {
    case 'encodings':
      return { face_landmarks: pickle(random), body_landmarks: pickle(random), face_encodings68: pickle(random) };
    case 'body_landmarks_norm':
      return { nlms: pickle(random) };
    case 'body_world_landmarks':
      return { body_world_landmarks: pickle(random) };
    case 'hand_landmarks':
      return { left_hand: hand(random), right_hand: hand(random) };
  }
}

/**
 * Documents whose key is no image's, most of them not even a whole number. All of them have every field, so that
 * taking one of them for an image shows.
 * `encodings` has a unique index, to which null and missing are the same key: it gets one of the two.
 */
export function strayDocuments(sample: Sample, collection: CollectionName): SampleDocument[] {
  if (sample.mongoDocuments < 1000) return [];
  const random = new Random(sample.seed, streams.documents + 9500, 0);
  const id = idOf(sample, Math.min(6, sample.images - 1));
  const keys: DocumentKey[] = [
    { type: 'double', value: id + 0.5 },
    { type: 'string', value: String(id) },
    { type: 'null' },
    { type: 'int64', value: 2 ** 33 + id },
    { type: 'int32', value: lastId(sample) + 7000 },
  ];
  const inGap = gapMiddle(sample);
  if (inGap !== undefined) keys.push({ type: 'int32', value: inGap });
  if (collection !== 'encodings') keys.push({ type: 'missing' }, { type: 'double', value: id + 0.5 });
  return keys.map((key) => ({ key, fields: fullFields(random, collection) }));
}
