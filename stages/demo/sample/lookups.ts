import type { Row } from './sample.js';
import { wordOf } from './words.js';

const sites = [
  'getty',
  'shutterstock',
  'adobe',
  'istock',
  'pexels',
  'unsplash',
  'pond5',
  '123rf',
  'alamy',
  'visualchinagroup',
  'picxy',
  'pixerf',
  'imagesbazaar',
  'indiapicturebudget',
  'iwaria',
  'nappy',
  'picha',
  'afripics',
];
const genders = [
  'men',
  'none',
  'oldmen',
  'oldwomen',
  'nonbinary',
  'other',
  'trans',
  'women',
  'youngmen',
  'youngwomen',
  'both',
  'intersex',
  'androgynous',
];
const ages = ['baby', 'infant', 'child', 'teenager', 'young', 'adult', 'old'];
const ageDetails = ['newborn', 'toddler', 'schoolage', 'teens', 'twenties', 'thirties', 'sixties', 'eighties'];
const regions = ['Europe', 'Asia', 'Africa', 'Americas', 'Oceania'];

/** Number 11 is missing at the source too. */
const ethnicities: readonly Row[] = [
  [1, 'Black'],
  [2, 'caucasian'],
  [3, 'eastasian'],
  [4, 'hispaniclatino'],
  [5, 'middleeastern'],
  [6, 'mixedraceperson'],
  [7, 'nativeamericanfirstnations'],
  [8, 'pacificislander'],
  [9, 'southasian'],
  [10, 'southeastasian'],
  [12, 'afro-latinx ethnicity'],
  [13, 'person of color'],
];

const keywordCount = 1900;
const locationCount = 260;

function numbered(names: readonly string[]): readonly Row[] {
  return names.map((name, at) => [at + 1, name]);
}

/** A made-up country; the codes are empty for 11 of the 260 and the region is NULL for four. */
function location(id: number): Row {
  const name = wordOf(id * 7);
  const letters = [Math.floor(id / 26) % 26, id % 26].map((n) => String.fromCharCode(65 + n)).join('');
  const alpha3 = id % 23 === 0 ? '' : `${letters}${String.fromCharCode(65 + (id % 7))}`;
  const region = id % 64 === 10 ? null : (regions[id % regions.length] ?? null);
  return [
    id,
    4000 + id,
    name,
    `${name} land`,
    id % 9 === 0 ? null : name.toUpperCase(),
    `The Realm of ${name}`,
    'UN member',
    alpha3 === '' ? '' : letters,
    alpha3,
    id % 5 === 0 ? null : id * 3,
    `ISO 3166-2:${letters}`,
    id * 100_003,
    region,
    region === null ? null : `Inner ${region}`,
    id % 3 === 0 ? 'Middle' : null,
    id % 2 === 0 ? 'no' : null,
  ];
}

/** The rows of every lookup table, in the order of the columns of schema.ts. */
export function lookupRows(): Readonly<Record<string, readonly Row[]>> {
  return {
    Site: numbered(sites),
    Gender: numbered(genders),
    Age: numbered(ages),
    AgeDetail: numbered(ageDetails),
    Ethnicity: ethnicities,
    Location: Array.from({ length: locationCount }, (_, at) => location(at + 1)),
    Keywords: Array.from({ length: keywordCount }, (_, at) => [at + 1, wordOf(at)]),
  };
}
