import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fillMysql } from '../../stages/demo/sample/fill-mysql.js';
import { mustRun } from '../support/cli.js';
import { boxEnv, dataFolder, type Env, fillSources, migrate, onServer, type Version } from '../support/migration.js';
import { fillOldTables } from '../support/old-script.js';
import { askCommand, askMysql, everywhere, type PageQuery, pageQueries, type Row } from '../support/page-queries.js';
import { mysql97, projectDir, stopAll } from '../support/servers.js';

/** docs/old-script.md: every query runs where the page says so, and shows on the sample what the page says. */
const database = 'old_script';
const sample = { images: 5000 };
const versions: readonly Version[] = ['25.8', '26.7'];
const read = (path: string): string => readFileSync(join(projectDir, path), 'utf8');
const page = read('docs/old-script.md');
const queries = pageQueries(page);
const headings = [...new Set(queries.map(({ heading }) => heading))];

let env: Env;
const mysqlUrls: string[] = [];
const boxes = (): Env[] => versions.map((version) => ({ ...env, ...boxEnv(version, database) }));

beforeAll(async () => {
  const source = await fillSources(database, sample, false);
  env = { ...source.env, DATA_DIR: dataFolder(database) };
  mysqlUrls.push(source.env.MYSQL_URL ?? '');
  const oracle = await mysql97();
  if ('unavailable' in oracle) console.warn(`SKIPPED: Oracle's MySQL cannot be had here: ${oracle.unavailable}`);
  else {
    await fillMysql({ url: oracle.url, database, sample, overwrite: true });
    mysqlUrls.push(`${oracle.url}${database}`);
  }
  const [first, second] = boxes();
  await migrate(first ?? {});
  await mustRun('load', { ...second, CREATE: '1' });
  await fillOldTables(versions, database, mysqlUrls[0] ?? '');
});

afterAll(stopAll, 60_000);

/** The answers of a query in all of its places, asked once. */
const answered = new Map<PageQuery, Promise<Row[][]>>();
function answers(query: PageQuery): Promise<Row[][]> {
  const known = answered.get(query) ?? everywhere(query, { mysqlUrls, targets: boxes(), files: env });
  answered.set(query, known);
  return known;
}

/** The answers of a section's queries, each from its first place. */
async function answersOf(heading: string): Promise<Row[][]> {
  const all = await Promise.all(queries.filter((one) => one.heading === heading).map(answers));
  return all.map(([first = []]) => first);
}

const sqlOf = (heading: string, place: string): string =>
  queries.find((one) => one.heading === heading && one.places.includes(place))?.sql ?? '';
const onTarget = (sql: string): Promise<Row[]> => askCommand(boxes()[0] ?? {}, sql);
const onSource = (sql: string, session: string[] = []): Promise<Row[]> => askMysql(mysqlUrls[0] ?? '', sql, session);

/** The answer of a section's target query on the table that the old script filled. */
const onOldTable = (heading: string): Promise<Row[]> =>
  onTarget(sqlOf(heading, 'target').replaceAll('images_analytical', 'images_old'));

const lineOf = (rows: readonly Row[] | undefined, column: string, value: number): Row | undefined =>
  rows?.find((row) => row[column] === String(value));
/** The page says this, wherever its lines break. */
const says = (text: string): void => expect(page.replace(/\s+/g, ' ')).toContain(text);
const single = (text: string | null | undefined): number => Math.fround(Number(text));

/** What the page says of the sample, by section; "old" is what the old script gave. */
const claims: Record<string, (heading: string) => Promise<void>> = {
  'Which columns differ': async (heading) => {
    const [[compared] = [], digits] = await answersOf(heading);
    const { images, ...differing } = compared ?? {};
    expect(Number(images)).toBeLessThan(sample.images);
    expect(Object.entries(differing).filter(([, count]) => Number(count) === 0)).toEqual([]);
    expect(Object.keys(differing)).toHaveLength(8);
    for (const { old_score, our_score } of digits ?? []) {
      expect(old_score).not.toBe(our_score);
      expect(Math.abs(Number(old_score) - Number(our_score))).toBeLessThan(0.000_001);
    }
    const [same] = await onTarget(sqlOf(heading, 'target').replace('images_old', 'images_analytical'));
    expect(new Set(Object.values({ ...same, images: '0' }))).toEqual(new Set(['0']));
  },

  'Ethnicity flags by LIKE': async (heading) => {
    const [source, target] = await answersOf(heading);
    expect(lineOf(source, 'ethnicity_id', 2)).toMatchObject({ ethnicity: 'caucasian', old_white: '1', old_asian: '1' });
    expect(lineOf(target, 'ethnicity_id', 2)).toMatchObject({ white: 'true', asian: 'false' });
    expect(lineOf(source, 'ethnicity_id', 12)).toMatchObject({ ethnicity: 'afro-latinx ethnicity', old_hispanic: '0' });
    expect(lineOf(target, 'ethnicity_id', 12)).toMatchObject({ hispanic: 'true' });
    expect(lineOf(target, 'ethnicity_id', 99)).toMatchObject({ other: 'false', in_a_class: 'false' });
    const old = await onOldTable(heading);
    for (const row of source ?? []) {
      const bool = (text: string | null | undefined): string => String(text === '1');
      const flags = { white: bool(row.old_white), asian: bool(row.old_asian), hispanic: bool(row.old_hispanic) };
      expect(lineOf(old, 'ethnicity_id', Number(row.ethnicity_id))).toMatchObject(flags);
    }
  },

  'The flag ethnicity_other': async (heading) => {
    const [source] = await answersOf(heading);
    const [, target] = await answersOf('Ethnicity flags by LIKE');
    expect(source?.filter((row) => row.old_other === '1').map((row) => row.ethnicity_id)).toEqual(['12', '13']);
    for (const id of [12, 13]) says(`"${lineOf(source, 'ethnicity_id', id)?.ethnicity}" (${id})`);
    expect(lineOf(target, 'ethnicity_id', 12)).toMatchObject({ other: 'false', in_a_class: 'true' });
    expect(lineOf(target, 'ethnicity_id', 13)).toMatchObject({ other: 'true', in_a_class: 'false' });
    expect(target?.filter((row) => row.other === 'true' && row.in_a_class === 'true')).toEqual([]);
    expect(lineOf(await onOldTable('Ethnicity flags by LIKE'), 'ethnicity_id', 12)).toMatchObject({ other: 'true' });
    const lookup =
      "FROM (SELECT 20 AS ethnicity_id, 'Latino' AS ethnicity UNION ALL SELECT 21, 'First Nations') AS more";
    const more = await onSource(sqlOf(heading, 'mysql').replace('FROM Ethnicity', lookup));
    expect(more.map((row) => row.old_other)).toEqual(['1', '1']);
  },

  'keyword_ids cut by GROUP_CONCAT': async (heading) => {
    const [source = [], target] = await answersOf(heading);
    expect(target).toEqual(source.map(({ image_id, ids, last_id }) => ({ image_id, ids, last_id })));
    const { ids, old_ids, old_last_id } = lineOf(source, 'image_id', 41) ?? {};
    says(`image 41: ${old_ids} of ${ids}, and ${old_last_id} where a longer number began`);
    expect(await onOldTable(heading)).toEqual([]);
    const sql = `SELECT length(o.keyword_ids) AS ids, o.keyword_ids[-1] AS last, n.keyword_ids[ids] AS longer,
      has(n.keyword_ids, last) AS known FROM images_old o JOIN images_analytical n USING (image_id) WHERE image_id = 41`;
    const [old] = await onTarget(sql);
    const longer = expect.stringMatching(new RegExp(`^${old_last_id}\\d`));
    expect(old).toEqual({ ids: old_ids, last: old_last_id, longer, known: '0' });
  },

  'Topics mixed of several rows': async (heading) => {
    const [source = [], target] = await answersOf(heading);
    expect(source.filter((row) => Number(row.row_count) < 2)).toEqual([]);
    for (const id of [9, 11]) {
      const row = lineOf(source, 'image_id', id);
      const ours = lineOf(target, 'image_id', id);
      expect([ours?.topic_id_1, single(ours?.topic_score_1)]).toEqual([row?.our_topic, single(row?.our_score)]);
      expect(lineOf(await onOldTable(heading), 'image_id', id)?.topic_id_1).toBe(row?.old_topic);
      expect(row?.old_topic).not.toBe(row?.our_topic);
    }
    says(`image 11: ${lineOf(source, 'image_id', 11)?.old_topic} is the topic of a row with a low score`);
    const topics = (id: number, compare: string): Promise<Row[]> =>
      onSource(`SELECT topic_id AS old_topic FROM ImagesTopics WHERE image_id = ${id}
        AND topic_score ${compare} (SELECT MAX(topic_score) FROM ImagesTopics WHERE image_id = ${id})`);
    expect(await topics(11, '<')).toEqual([{ old_topic: lineOf(source, 'image_id', 11)?.old_topic }]);
    expect((await topics(9, '=')).length).toBeGreaterThan(1);
  },

  'Class and confidence of two choices': async (heading) => {
    const [source = [], target] = await answersOf(heading);
    const [old] = (await onOldTable(heading)).filter((row) => row.image_id === '9');
    const row = lineOf(source, 'image_id', 9) ?? {};
    const [other] = await onSource(
      `SELECT class_id FROM Detections WHERE image_id = 9 AND conf = ${row.old_confidence}`,
    );
    says(`image 9: class ${row.our_class} has two rows, the better one ${row.our_confidence};`);
    says(`${row.old_confidence} is class ${other?.class_id}'s`);
    expect(old).toMatchObject({
      detection_top_class_id: row.our_class,
      detection_top_class_confidence: row.old_confidence,
    });
    const tie = lineOf(source, 'image_id', 8) ?? {};
    const tied = await onSource('SELECT DISTINCT class_id FROM Detections WHERE image_id = 8 ORDER BY 1');
    says(`image 8: ${tied.map(({ class_id }) => class_id).join(' and ')}; ours is ${tie.our_class}`);
    expect(tie.tied).toBe(String(tied.length));
    const ours = [tie, row].map(({ image_id, our_class, our_confidence }) => [image_id, our_class, our_confidence]);
    expect(target?.map((each) => Object.values(each))).toEqual(ours);
  },

  'detection_classes left empty': async (heading) => {
    const [[source] = [], [target] = []] = await answersOf(heading);
    expect(target).toEqual({ ...source, with_classes: source?.images_with_detections });
    expect(await onOldTable(heading)).toEqual([expect.objectContaining({ with_classes: '0' })]);
  },

  'NULL clusters turned into 0': async (heading) => {
    const [[shards] = [], [source] = [], [target] = []] = await answersOf(heading);
    expect(shards).toEqual(source);
    expect(Number(shards?.unknown)).toBeGreaterThan(1000);
    const sum = Number(shards?.cluster_0) + Number(shards?.unknown);
    expect(target).toEqual({ images: '5000', cluster_0: String(sum), unknown: '0' });
    const [old] = await onOldTable(heading);
    expect(Number(old?.cluster_0)).toBeGreaterThan(10 * Number(shards?.cluster_0));
    const ddl = await onServer('25.8', `SHOW CREATE TABLE ${database}.images_analytical FORMAT TSVRaw`);
    const nullable = ddl
      .replace(`${database}.images_analytical`, `${database}.clusters`)
      .replace('`body_pose_cluster_512` UInt16', '`body_pose_cluster_512` Nullable(UInt16)')
      .replace('SETTINGS ', 'SETTINGS allow_nullable_key = 1, ');
    await onServer('25.8', nullable);
    await mustRun('load', { ...boxes()[0], BOX_TABLE: 'clusters' });
    expect(await onTarget(sqlOf(heading, 'target').replace('images_analytical', 'clusters'))).toEqual([shards]);
  },

  updated_at: async (heading) => {
    const [, target] = await answersOf(heading);
    expect(target).toEqual([{ updated_at: expect.any(String), images: '5000' }]);
    expect((await onOldTable(heading)).length).toBeGreaterThan(3);
    const [off] = await onSource(sqlOf(heading, 'mysql'), ["SET SESSION time_zone = '+05:30'"]);
    expect(off).toEqual({ minutes_off: '330', session_zone: '+05:30' });
  },

  'The last id, and holes after a resume': async (heading) => {
    const [source = [], target] = await answersOf(heading);
    expect(target).toEqual(source);
    const [old] = await onOldTable(heading);
    expect(Number(old?.last_id)).toBeLessThan(Number(source[0]?.last_id));
    expect(Number(old?.images)).toBeLessThan(Number(source[0]?.images) - 900);
  },

  'Tuples with too few values': async (heading) => {
    const [source = [], target = []] = await answersOf(heading);
    expect(target.map((row) => Object.values(row))).toEqual(
      source.map((row) => Object.values(row).map((text) => text ?? '')),
    );
    await onServer('25.8', `CREATE TABLE ${database}.tuples AS ${database}.images_analytical`);
    const columns = `SELECT count() FROM system.columns WHERE database = '${database}' AND table = 'tuples'`;
    expect(await onServer('25.8', columns)).toBe('62');
    const insert = async (values: string): Promise<string> => {
      const tuple = `SELECT ${values} FROM ${database}.images_analytical WHERE image_id = 1 FORMAT Values`;
      return onServer('25.8', `INSERT INTO ${database}.tuples VALUES ${await onServer('25.8', tuple)}`);
    };
    const last = ['updated_at', 'is_dupe_of', 'height', 'width', 'content_url', 'caption', 'author', 'upload_date'];
    for (const values of [56, 54])
      await expect(insert(`* EXCEPT (${last.slice(0, 62 - values).join(', ')})`)).rejects.toThrow(/Cannot parse/);
    await insert('* REPLACE (height AS width, width AS height)');
    const swapped = await onServer('25.8', `SELECT width, height FROM ${database}.tuples`);
    expect(swapped.split('\t')).toEqual([target[0]?.height, target[0]?.width]);
  },
};

describe('the page', () => {
  it('has sections with queries, and is found from README.md', () => {
    expect(headings).toEqual(Object.keys(claims));
    expect(page.match(/^```/gm)).toHaveLength(2 * queries.length);
    expect(read('README.md').trimEnd().split('\n').slice(-3).join(' ')).toContain('(docs/old-script.md)');
  });

  it.each(queries)('$heading: $places can be typed as it stands, and gives one answer there', async (query) => {
    expect(query.places.filter((place) => !['mysql', 'target', 'shards', 'export'].includes(place))).toEqual([]);
    expect(query.sql).not.toMatch(/["`$\\!]/);
    const [first, ...rest] = await answers(query);
    expect(first?.length).toBeGreaterThan(0);
    const settled = (rows: Row[] | undefined): Row[] | undefined =>
      rows?.map((row) => ('updated_at' in row ? { ...row, updated_at: 'when it was loaded' } : row));
    for (const other of rest) expect(settled(other)).toEqual(settled(first));
  });
});

describe('what the page says shows on the sample', () => {
  it.each(Object.entries(claims))('%s', (heading, claim) => claim(heading));
});
