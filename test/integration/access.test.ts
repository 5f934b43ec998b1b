import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Dataset, Source } from '../../src/dataset/declaration.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { mustRun } from '../support/cli.js';
import { boxEnv, compareWithOracle, dataFolder, type Env, fillSources, type Migration } from '../support/migration.js';
import { cacheDir } from '../support/servers.js';

const images = 1000;

/** The dataset with how its encodings are read, as a dataset.json. */
function datasetWith(access: NonNullable<Source['access']>): string {
  const sources = imagesAnalytical.sources.map((one) => (one.name === 'encodings' ? { ...one, access } : one));
  const file = join(cacheDir, 'test', `access-${access}.json`);
  writeFileSync(file, JSON.stringify({ ...imagesAnalytical, sources } satisfies Dataset));
  return file;
}

describe('a dataset that says how a source is read', () => {
  let source: Migration;
  beforeAll(async () => {
    source = await fillSources('access', { images, months: 6 }, false);
  });

  it('one pass: said by check, plan and export, and every row arrives', async () => {
    const sizes = { RANGE_ROWS: '100', SHARD_ROWS: '500', CREATE: '1' };
    const env = { ...source.env, ...boxEnv('26.7', 'access'), ...sizes, DATA_DIR: dataFolder('access') };
    const declared = { ...env, DATASET: datasetWith('one-pass') };
    const checked = async (of: Env): Promise<string> => (await mustRun('check', of)).replace(/\s+/g, ' ');
    expect(await checked(declared)).toMatch(
      / encodings fine about [\d,]+ rows: read in one pass.*\(the dataset says so\)/,
    );
    expect(await checked(env)).toMatch(/ encodings fine about [\d,]+ rows: range by image_id, unique;/);
    expect(await mustRun('plan', declared)).toMatch(/encodings +Encodings +one-pass/);
    const said = await mustRun('export', declared);
    expect(said).toContain('Encodings is read as a whole: one pass for 10 ranges');
    for (const command of ['join', 'load']) await mustRun(command, declared);
    expect(await compareWithOracle(source, '26.7', 'access')).toMatchObject({ differenceCount: 0, actualRows: images });
    expect(await mustRun('verify', declared)).toContain('no difference');
    // What was read in another way is the same file to the plan: nothing is exported again.
    expect(await mustRun('export', { ...env, DATASET: datasetWith('range') })).toContain('nothing to do');
    expect(await mustRun('plan', { ...env, DATASET: datasetWith('range') })).toMatch(/encodings +Encodings +range/);
  });
});
