import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../../src/sql/engine.js';
import { scratchFolder } from '../support.js';
import { images, type Joined, joinRows, openTestEngine, type Row, type Rows } from './joined.js';

/** Target.md, rules 2 and 3: which of several rows counts; each case in every order of arrival. */
const folder = scratchFolder();
let engine: Engine;
beforeAll(async () => {
  engine = await openTestEngine(folder);
});
afterAll(() => engine.close());

const joined = (rows: Rows): Promise<Joined> => joinRows(engine, folder, { images: images(1, 2), ...rows });

async function chosen(source: string, rows: readonly Row[], ...columns: readonly string[]): Promise<unknown[]> {
  const pick = ({ rows: [row] }: Joined): unknown[] => columns.map((name) => row?.[name]);
  const first = await joined({ [source]: rows });
  expect(first.rows.map(({ image_id }) => image_id)).toEqual([1, 2]);
  expect(first.oddities.get(`duplicates:${source}`)).toEqual([rows.length - 1, 1]);
  expect(pick(await joined({ [source]: rows.toReversed() }))).toEqual(pick(first));
  return pick(first);
}

describe('topics: highest score, NULL last, then lowest id; the row is chosen whole', () => {
  const topic = (id: number | null, score: number | null, id2: number | null, score2: number | null): Row => {
    return { image_id: 1, topic_id: id, topic_score: score, topic_id2: id2, topic_score2: score2 };
  };
  const columns = ['topic_id_1', 'topic_score_1', 'topic_id_2', 'topic_score_2'];
  const pick = (...rows: readonly Row[]): Promise<unknown[]> => chosen('imagestopics', rows, ...columns);

  test('no id of one row with a score of another', async () => {
    expect(await pick(topic(9, 0.25, 60, 0.125), topic(3, 0.5, 2, 0.0625))).toEqual([3, 0.5, 2, 0.0625]);
  });
  test('a NULL score comes last', async () => {
    expect(await pick(topic(1, null, 1, 1), topic(5, -1, 6, 0.5))).toEqual([5, -1, 6, 0.5]);
  });
  test('equal scores: the lowest id', async () => {
    expect(await pick(topic(7, 0.5, 1, 1), topic(4, 0.5, 2, 2), topic(5, 0.5, 3, 3))).toEqual([4, 0.5, 2, 2]);
  });
  test('equal in both: still one whole row, the same in any order', async () => {
    expect(await pick(topic(4, 0.5, 8, 0.25), topic(4, 0.5, 2, 0.75))).toEqual([4, 0.5, 2, 0.75]);
  });
  test('0 is a topic; a score whose id is NULL is unknown', async () => {
    expect(await pick(topic(0, 0.75, null, 0.5), topic(1, 0.5, 1, 0.5))).toEqual([0, 0.75, null, null]);
  });
});

describe('clusters: smallest distance, NULL last, then lowest id', () => {
  const row = (cluster: number | null, dist: number | null): Row => ({
    image_id: 1,
    cluster_id: cluster,
    cluster_dist: dist,
  });
  const pick = (...rows: readonly Row[]): Promise<unknown[]> => chosen('imageshsv', rows, 'hsv_cluster');

  test('nearest', async () => expect(await pick(row(9, 0.5), row(3, 0.25), row(1, 0.75))).toEqual([3]));
  test('NULL last', async () => expect(await pick(row(1, null), row(2, 9))).toEqual([2]));
  test('ties by id', async () => expect(await pick(row(8, 1), row(0, 1), row(7, 1))).toEqual([0]));
  test('a nearest row without an id stays without', async () =>
    expect(await pick(row(null, 0.5), row(7, 1))).toEqual([null]));
});

test('Encodings: the highest encoding_id, whole', async () => {
  const rows = [
    { image_id: 1, encoding_id: 5, is_face: true, face_x: '1.5', is_dupe_of: 7 },
    { image_id: 1, encoding_id: 9, is_face: null, face_x: '-2.25', is_dupe_of: null },
    { image_id: 1, encoding_id: 2, is_face: false, face_x: '3', is_dupe_of: 1 },
  ];
  expect(await chosen('encodings', rows, 'has_face', 'face_x', 'is_dupe_of')).toEqual([null, '-2.250', null]);
});

test('MongoDB: the flags of several documents are OR-ed', async () => {
  const rows = [
    { image_id: 1, face_landmarks: true, body_landmarks: false, face_encodings68: false },
    { image_id: 1, face_landmarks: false, body_landmarks: true, face_encodings68: false },
  ];
  const columns = ['has_face_landmarks', 'has_body_landmarks', 'has_face_encodings'];
  expect(await chosen('mongo_encodings', rows, ...columns)).toEqual([true, true, false]);
});

describe('top detection class: most rows, then highest conf, then lowest class', () => {
  const top = async (...rows: readonly (readonly [number, number])[]): Promise<unknown[]> => {
    const columns = [
      'detection_count',
      'detection_classes',
      'detection_top_class_id',
      'detection_top_class_confidence',
    ];
    const as = (all: readonly (readonly [number, number])[]): Row[] =>
      all.map(([class_id, conf]) => ({ image_id: 1, class_id, conf }));
    const there = await joined({ detections: as(rows) });
    const back = await joined({ detections: as(rows.toReversed()) });
    expect(back.rows).toEqual(there.rows);
    return columns.map((name) => there.rows[0]?.[name]);
  };

  test('most rows beat the highest conf', async () => {
    expect(await top([67, 0.25], [67, 0.5], [1, 0.75])).toEqual([3, [1, 67], 67, 0.5]);
  });
  test('equal rows: the highest conf', async () => {
    expect(await top([1, 0.25], [67, 0.5], [3, 0.125])).toEqual([3, [1, 3, 67], 67, 0.5]);
  });
  test('equal in both: the lowest class', async () => {
    expect(await top([67, 0.5], [9, 0.5], [119, 0.5])).toEqual([3, [9, 67, 119], 9, 0.5]);
  });
  test('class 0 is a class, and rows with conf < 0 count', async () => {
    expect(await top([0, -1], [0, -1], [5, 0.5])).toEqual([3, [0, 5], 0, -1]);
    const { oddities } = await joined({ detections: [{ image_id: 2, class_id: 0, conf: -1 }] });
    expect(oddities.get('detections_conf_below_0')).toEqual([1, 2]);
  });
  test('no detection: none counted, none chosen', async () => {
    const { rows } = await joined({ detections: [{ image_id: 2, class_id: 4, conf: 0.5 }] });
    expect(rows[0]).toMatchObject({ detection_count: 0, detection_classes: [], detection_top_class_id: null });
  });
});

test('lists are distinct and ascending, however long (GROUP_CONCAT cut them)', async () => {
  const ids = Array.from({ length: 400 }, (_, index) => ((index * 7919) % 400) + 1_000_000);
  const rows = [...ids, ...ids].map((keyword_id) => ({ image_id: 1, keyword_id }));
  const {
    rows: [first, second],
  } = await joined({ imageskeywords: rows });
  expect(first?.['keyword_ids']).toEqual(ids.toSorted((a, b) => a - b));
  expect(second?.['keyword_ids']).toEqual([]);
});

test('a keyword or ethnicity that comes twice is there once; a NULL among them is none', async () => {
  const { rows } = await joinRows(engine, folder, {
    images: images(1, 2),
    imageskeywords: [7, 5, 7, null, 5].map((keyword_id) => ({ image_id: 1, keyword_id })),
    imagesethnicity: [2, null, 2, 1].map((ethnicity_id) => ({ image_id: 2, ethnicity_id })),
  });
  expect(rows.map((row) => [row['keyword_ids'], row['ethnicity_ids']])).toEqual([
    [[5, 7], []],
    [[], [1, 2]],
  ]);
});

test('a lookup that gives two rows a key is seen: rows + rejects no longer equal the driving rows', async () => {
  const site = [
    { site_name_id: 1, site_name: 'getty' },
    { site_name_id: 1, site_name: 'other' },
  ];
  const { rows, rejects } = await joinRows(engine, folder, {
    images: [{ ...images(1)[0], site_name_id: 1 }],
    site,
  });
  expect(rows.length + rejects.length).toBe(2);
});
