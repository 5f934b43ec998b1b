import { MongoClient } from 'mongodb';
import { expect, test } from 'vitest';
import { clientOptions } from '../../../src/sources/mongo.js';
import { serverConfig } from '../../../stages/config.js';

/** What the driver makes of MONGO_URL and of our options: it lets options overrule the URL. */
function preferenceOf(query: string): unknown {
  const config = serverConfig({ MONGO_URL: `mongodb://a:27017,b:27017/stock${query}` }, 'MONGO');
  if (config === undefined) throw new Error('no URL');
  const { readPreference, serverSelectionTimeoutMS } = new MongoClient(config.text, clientOptions(config)).options;
  const { mode, maxStalenessSeconds, tags } = readPreference;
  return { mode, maxStalenessSeconds, tags, serverSelectionTimeoutMS };
}

const usual = { maxStalenessSeconds: undefined, tags: undefined, serverSelectionTimeoutMS: 15_000 };

test.each([
  ['', { ...usual, mode: 'secondaryPreferred' }],
  ['?replicaSet=rs', { ...usual, mode: 'secondaryPreferred' }],
  ['?readPreference=secondary', { ...usual, mode: 'secondary' }],
  ['?readpreference=primary', { ...usual, mode: 'primary' }],
  ['?readPreference=secondary&maxStalenessSeconds=120', { ...usual, mode: 'secondary', maxStalenessSeconds: 120 }],
  ['?maxStalenessSeconds=120', { ...usual, mode: 'secondaryPreferred', maxStalenessSeconds: 120 }],
  ['?readPreference=nearest&readPreferenceTags=dc:ny', { ...usual, mode: 'nearest', tags: [{ dc: 'ny' }] }],
  ['?serverSelectionTimeoutMS=5', { ...usual, mode: 'secondaryPreferred', serverSelectionTimeoutMS: 5 }],
])('MONGO_URL=…/stock%s', (query, expected) => {
  expect(preferenceOf(query)).toEqual(expected);
});
