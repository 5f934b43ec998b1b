import { badValueAt, lateDateAt } from './bad-values.js';
import { idOf } from './ids.js';
import { Random, streams } from './random.js';
import type { Row, Sample, Value } from './sample.js';
import { awkwardTexts, cut, sentence, word, wordOf } from './words.js';

/** Every day of 2005-08-01 to 2025-07-31: 240 months. */
const days: readonly string[] = Array.from({ length: 7305 }, (_, at) =>
  new Date(Date.UTC(2005, 7, 1 + at)).toISOString().slice(0, 10),
);
const earlyDays = ['1969-12-31', '1955-06-15', '1901-01-01', '1000-01-01'];
const zeroDays = ['0000-00-00', '2020-00-15', '2019-05-00'];

/** Ids without a row in their lookup table; all fit the target's UInt8. */
const danglingIds = [0, 99, 200, 255];
const danglingLocations = [0, 261, 999, 65_535];
const sizes = [0, 1, 255, 256, 32_768, 65_535];

/** The columns of Images in the order of the rows below. */
export const imageColumns = [
  'image_id',
  'site_name_id',
  'site_image_id',
  'age_id',
  'age_detail_id',
  'gender_id',
  'location_id',
  'author',
  'caption',
  'contentUrl',
  'description',
  'imagename',
  'uploadDate',
  'release_name_id',
  'h',
  'w',
  'no_image',
];

function uploadDate(sample: Sample, index: number, random: Random): string | null {
  const day = random.pick(days);
  const late = lateDateAt(sample, index);
  if (late !== undefined) return late;
  if (sample.zeroDates && index % 173 < zeroDays.length) return zeroDays[index % 173] ?? null;
  if (index % 311 === 20) return earlyDays[Math.floor(index / 311) % earlyDays.length] ?? null;
  // The day that stands for "unknown" at the target is a real day as well.
  if (index % 1201 === 30) return '1970-01-01';
  return random.chance(4) ? null : day;
}

/** A lookup id: NULL, now and then one without a lookup row, else 1 to `count`. */
function lookupId(random: Random, count: number, percentNull: number, dangling: readonly number[]): number | null {
  const id = 1 + random.below(count);
  if (random.chance(percentNull)) return null;
  return random.chance(0.5) ? random.pick(dangling) : id;
}

function size(random: Random): number | null {
  const pixels = 200 + random.below(6000);
  if (random.chance(3)) return null;
  return random.chance(0.4) ? random.pick(sizes) : pixels;
}

interface Texts {
  siteImageId: string;
  author: string | null;
  caption: string | null;
  contentUrl: string;
  description: string | null;
  imagename: string | null;
}

function plainTexts(index: number, id: number, random: Random): Texts {
  const long = index % 8 === 3;
  return {
    siteImageId: String(100_000_000 + id * 7),
    author: random.chance(15) ? null : `${wordOf(random.below(300))} studio`,
    caption: random.chance(6) ? null : sentence(random, long ? 40 : 4 + random.below(6), 150),
    contentUrl: `https://images.example.com/photos/${word(random)}-${id}.jpg?w=612&h=408`,
    description: random.chance(70) ? null : sentence(random, 6, 150),
    imagename: random.chance(10) ? null : `${id % 16}/${id % 256}/${id}.jpg`,
  };
}

/** Puts awkward text into one column or another; what it is given to is settled by the index alone. */
function texts(index: number, id: number, random: Random): Texts {
  const plain = plainTexts(index, id, random);
  if (index % 17 !== 5) return plain;
  const turn = Math.floor(index / 17);
  const text = awkwardTexts[turn % awkwardTexts.length] ?? '';
  switch (Math.floor(turn / awkwardTexts.length) % 5) {
    case 0:
      return { ...plain, caption: text };
    case 1:
      return { ...plain, author: text, description: text };
    case 2:
      return { ...plain, siteImageId: text, imagename: text };
    case 3:
      return { ...plain, contentUrl: `https://images.example.com/${text}` };
    default:
      // 150 characters of several bytes each, the last one cut off in the middle of what it belonged to.
      return { ...plain, caption: cut(`${text} \u5c71\u{1f600}`.repeat(75), 150) };
  }
}

/** The row of Images for one image. */
export function imageRow(sample: Sample, index: number): Row {
  const random = new Random(sample.seed, streams.images, index);
  const id = idOf(sample, index);
  const text = texts(index, id, new Random(sample.seed, streams.text, index));
  const row: Value[] = [
    id,
    lookupId(random, 18, 2, danglingIds),
    text.siteImageId,
    lookupId(random, 7, 30, danglingIds),
    lookupId(random, 8, 60, danglingIds),
    lookupId(random, 13, 20, danglingIds),
    lookupId(random, 260, 35, danglingLocations),
    text.author,
    text.caption,
    text.contentUrl,
    text.description,
    text.imagename,
    uploadDate(sample, index, random),
    random.chance(80) ? null : random.below(50_000),
    size(random),
    size(random),
    random.flag(3, 60),
  ];
  const bad = badValueAt(sample, 'Images', index);
  if (bad !== undefined) row[imageColumns.indexOf(bad.column)] = bad.value;
  return row;
}
