import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ethnicityFlags } from '../../../src/dataset/images-analytical/ethnicity.js';
import type { Engine } from '../../../src/sql/engine.js';
import { scratchFolder } from '../support.js';
import { images, joinRows, openTestEngine, type Value } from './joined.js';

/** Target.md, rules 4 and 5. */
const folder = scratchFolder();
let engine: Engine;
beforeAll(async () => {
  engine = await openTestEngine(folder);
});
afterAll(() => engine.close());

/** The values of the real table, then other spellings; each with the flags it sets, by hand from rule 4. */
const values: readonly (readonly [string | null, string])[] = [
  ['Black', 'black'],
  ['caucasian', 'white'],
  ['eastasian', 'asian'],
  ['hispaniclatino', 'hispanic'],
  ['middleeastern', 'middle_eastern'],
  ['mixedraceperson', 'mixed'],
  ['nativeamericanfirstnations', 'native_american'],
  ['pacificislander', 'pacific_islander'],
  ['southasian', 'asian'],
  ['southeastasian', 'asian'],
  ['afro-latinx ethnicity', 'hispanic'],
  ['person of color', 'other'],
  ['White', 'white'],
  ['Middle-Eastern', 'middle_eastern'],
  ['FIRST NATIONS', 'native_american'],
  ['Pacific Islander', 'pacific_islander'],
  ['Asian/Caucasian', 'white asian'],
  ['black, white', 'white black'],
  ['Látino', 'hispanic'],
  ['Cáucasian', 'white'],
  ['Afro-Latínx', 'hispanic'],
  ['mïxed', 'mixed'],
  ['Hispanic 2', 'hispanic'],
  ['', 'other'],
  [null, 'other'],
  ['other', 'other'],
];

describe('ethnicity is classified by value', () => {
  test('every value sets its flags and no others', async () => {
    const ids = values.map((_, index) => index + 1);
    const { rows, oddities } = await joinRows(engine, folder, {
      images: images(...ids),
      ethnicity: values.map(([ethnicity], index) => ({ ethnicity_id: index + 1, ethnicity })),
      imagesethnicity: ids.map((id) => ({ image_id: id, ethnicity_id: id })),
    });
    const flagged = rows.map((row) => ethnicityFlags.filter((flag) => row[`ethnicity_${flag}`] === true).join(' '));
    expect(values.map(([value], index) => [value, flagged[index]])).toEqual(values);
    expect(oddities.get('ethnicity_words_unknown')).toEqual([4, 12]);
  });

  test('flags of several ids add up; an id without a row keeps its place and sets none', async () => {
    const { rows, oddities } = await joinRows(engine, folder, {
      images: images(1, 2, 3),
      ethnicity: [
        { ethnicity_id: 1, ethnicity: 'Black' },
        { ethnicity_id: 4, ethnicity: 'hispaniclatino' },
      ],
      imagesethnicity: [
        { image_id: 1, ethnicity_id: 4 },
        { image_id: 1, ethnicity_id: 1 },
        { image_id: 2, ethnicity_id: 11 },
      ],
    });
    const flags = (index: number): unknown[] => ethnicityFlags.map((flag) => rows[index]?.[`ethnicity_${flag}`]);
    expect(rows.map((row) => row['ethnicity_ids'])).toEqual([[1, 4], [11], []]);
    expect(flags(0)).toEqual([false, true, false, true, false, false, false, false, false]);
    expect(flags(1)).toEqual(Array(9).fill(false));
    expect(flags(2)).toEqual(Array(9).fill(null));
    expect(oddities.get('ethnicity_ids_unknown')).toEqual([1, 2]);
  });
});

describe('hands are three-valued', () => {
  const [yes, no, nil] = [true, false, null];
  /** MySQL left, Mongo left (undefined: no document) → left by either, mysql, mongo. Right is unknown throughout. */
  const cases: readonly (readonly [Value, Value | undefined, Value, Value, Value])[] = [
    [1, yes, yes, yes, yes],
    [1, no, yes, yes, no],
    [1, undefined, yes, yes, nil],
    [0, yes, yes, no, yes],
    [0, no, no, no, no],
    [0, undefined, no, no, nil],
    [nil, yes, yes, nil, yes],
    [nil, no, nil, nil, no],
    [nil, undefined, nil, nil, nil],
  ];

  test.each(['either', 'mysql', 'mongo'] as const)('HANDS=%s', async (hands) => {
    const ids = cases.map((_, index) => index + 1);
    const mongo = cases.flatMap(([, left], index) =>
      left === undefined ? [] : [{ image_id: index + 1, left_hand: left, right_hand: null }],
    );
    const { rows } = await joinRows(
      engine,
      folder,
      {
        images: images(...ids),
        encodings: cases.map(([left], index) => ({ image_id: index + 1, encoding_id: index, is_hand_left: left })),
        mongo_hand_landmarks: mongo,
      },
      { hands },
    );
    const at = { either: 2, mysql: 3, mongo: 4 }[hands];
    expect(rows.map((row) => row['has_left_hand'])).toEqual(cases.map((one) => one[at]));
    // One hand is enough; none is only known where both are.
    expect(rows.map((row) => row['has_hands'])).toEqual(cases.map((one) => (one[at] === yes ? yes : nil)));
    expect(rows.map((row) => row['mongo_left_hand'])).toEqual(cases.map((one) => one[1] ?? nil));
  });

  test('has_hands follows the merged hands: yes, no and unknown', async () => {
    const hand = (image_id: number, left: Value, right: Value): Record<string, Value> => {
      return { image_id, encoding_id: image_id, is_hand_left: left, is_hand_right: right };
    };
    const { rows, oddities } = await joinRows(engine, folder, {
      images: images(1, 2, 3, 4, 5),
      encodings: [hand(1, 0, 0), hand(2, 0, 1), hand(3, null, 0), hand(4, 0, 0)],
      mongo_hand_landmarks: [{ image_id: 4, left_hand: false, right_hand: true }],
    });
    expect(rows.map((row) => row['has_hands'])).toEqual([no, yes, nil, yes, nil]);
    expect(oddities.get('hands_disagree')).toEqual([1, 4]);
  });

  test('a number that is no boolean is rejected, not taken for a yes', async () => {
    const { rows, rejects } = await joinRows(engine, folder, {
      images: images(1, 2),
      encodings: [{ image_id: 1, encoding_id: 1, is_hand_left: 2, is_hand_right: 0 }],
    });
    expect(rows.map((row) => row['image_id'])).toEqual([2]);
    expect(rejects.map((reject) => reject.slice(0, 3))).toEqual([[1, 'has_left_hand', '2']]);
  });
});
