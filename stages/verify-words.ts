import type { QueryCost, SentinelCounts } from '../src/clickhouse/conditions.js';
import type { Event } from '../src/core/events.js';
import { showRange } from '../src/core/ranges.js';
import type { ColumnFinding } from '../src/pipeline/certificate-check.js';
import type { Problem, ShardCheck, Unjoined } from '../src/pipeline/verify.js';
import type { DeepCheck, ValueDifference } from '../src/pipeline/verify-deep.js';
import type { SourceCheck } from '../src/pipeline/verify-sources.js';
import type { ForeignRows } from '../src/pipeline/verify-target.js';
import { cells } from './readable-cell.js';
import { count, duration } from './sentences.js';

/** Screens have 80 columns: what is longer is broken into lines. */
const width = 80;
/** Of a list, this many are named. */
const namedMax = 3;

type TableEvent = Event & { event: 'table' };
const cell = (value: number | null): string => (value === null ? '-' : count(value));

/** `1 row`, `2 rows`. */
const rowsText = (rows: number): string => `${count(rows)} ${rows === 1 ? 'row' : 'rows'}`;

function named(all: readonly string[]): string {
  const more = all.length - namedMax;
  return more > 0 ? `${all.slice(0, namedMax).join('; ')}; and ${count(more)} more` : all.join('; ');
}

function differingColumns(columns: readonly ColumnFinding[]): string {
  const names = columns.map(({ column, detail }) => `${column}: ${detail}`);
  return `differs from the shard in ${columns.length === 1 ? '1 column' : `${columns.length} columns`} (${named(names)})`;
}

function deepText({ faults, columns }: DeepCheck): string {
  const { missing, extra, double } = faults;
  const values = columns.reduce((sum, { rows }) => sum + rows, 0);
  const parts = [
    ...(missing.rows > 0 ? [`${rowsText(missing.rows)} missing`] : []),
    ...(extra.rows > 0 ? [`${rowsText(extra.rows)} that the shard does not have`] : []),
    ...(double.rows > 0 ? [`${count(double.rows)} ${double.rows === 1 ? 'key' : 'keys'} more than once`] : []),
    ...(values > 0
      ? [`${count(values)} values differ (${columns.map(({ column, rows }) => `${column} ${count(rows)}`).join(', ')})`]
      : []),
  ];
  return `read back: ${parts.join(', ')}`;
}

/** What is wrong, in a few words. */
export function problemText(problem: Problem): string {
  switch (problem.kind) {
    case 'damage':
      return `${problem.path} ${problem.what}: ${problem.again}`;
    case 'source': {
      const ranges = problem.ranges.map(
        ({ range, server, files }) =>
          `${showRange(range)}: ${count(server)} rows at the source, ${count(files)} exported`,
      );
      return `${problem.source} differs at the source (${named(ranges)})`;
    }
    case 'files':
      return `made of ${rowsText(problem.driving)}, and the export files hold ${count(problem.files)}`;
    case 'rows': {
      const more = problem.read - problem.expected;
      return `a reader of the target sees ${rowsText(Math.abs(more))} ${more > 0 ? 'more' : 'less'} than the shard has`;
    }
    case 'older':
      return `${rowsText(problem.rows)} stored that FINAL hides`;
    case 'foreign':
      return `${rowsText(problem.rows)} that this data folder did not load (key ${problem.example})`;
    case 'keys':
      return 'the target holds as many rows, of other keys';
    case 'columns':
      return `the target ${differingColumns(problem.columns)}`;
    case 'values':
      return deepText(problem.deep);
  }
}

const unjoinedTexts: Record<Unjoined['why'], string> = {
  'not exported': 'not exported whole yet: make export',
  'not joined': 'not joined yet: make join',
  changed: 'its export files or its declaration changed since: make join',
};

/** The lines about shards, one a problem. */
export function problemLines(checks: readonly ShardCheck[], unjoined: readonly Unjoined[]): string[] {
  return [
    ...checks.flatMap(({ range, problems }) => problems.map((one) => `  ${showRange(range)}: ${problemText(one)}`)),
    ...unjoined.map(({ range, why }) => `  ${showRange(range)}: ${unjoinedTexts[why]}`),
  ];
}

/** Rows at the target that none of all the shards has the keys of. */
export const beyondText = ({ rows, example }: ForeignRows): string =>
  `beyond all shards of this data folder: ${rowsText(rows)} (key ${example})`;

/** Export files of shards that need them no more. */
export const removedText = (files: number): string =>
  `${count(files)} export ${files === 1 ? 'file was' : 'files were'} removed after the join: not looked at`;

/** `2 of 3 shards DIFFER`, for each number that is not 0. */
export const faultTexts = (faults: readonly (readonly [number: number, what: string])[]): string[] =>
  faults.flatMap(([number, what]) => (number > 0 ? [`${count(number)} ${what}`] : []));

/** Rows of each source at its server and in the files. */
export function sourcesTable(sources: readonly SourceCheck[]): TableEvent {
  return {
    event: 'table',
    title: 'sources',
    head: ['source', 'at the server', 'in the files', ''],
    rows: sources.map(({ source, server, files, ranges }) => [
      ...[source, count(server), count(files)],
      server === files && ranges.length === 0 ? 'equal' : 'DIFFERENT',
    ]),
  };
}

/** Rows of each shard at every place. */
export function shardsTable(checks: readonly ShardCheck[]): TableEvent {
  return {
    event: 'table',
    title: 'shards (rows)',
    head: ['range', 'source', 'files', 'shard', 'rejected', 'stored', 'read', ''],
    rows: checks.map(({ shard, range, source, files, stored, read, problems }) => [
      ...[showRange(range), cell(source), cell(files), count(shard.rows), count(shard.rejects.rows)],
      ...[cell(stored), cell(read), problems.length === 0 ? 'equal' : 'DIFFERENT'],
    ]),
  };
}

/** Columns of the screen for a value; JSON=1 has all of it. */
const valueWidth = 24;

/** Values and rows that differ, of all shards, as many as fit a screen; the least keys first. */
export function differencesTable(deep: readonly DeepCheck[], most: number): TableEvent | undefined {
  const rows = deep.flatMap(({ faults, values }) => [
    ...faults.missing.keys.map((key) => [key, '(row)', 'there', 'missing']),
    ...faults.extra.keys.map((key) => [key, '(row)', 'none', 'there']),
    ...faults.double.keys.map((key) => [key, '(row)', 'once', 'more than once']),
    ...values.map(({ key, column, expected, found }) => [key, column, ...cells([expected], [found], valueWidth)]),
  ]);
  if (rows.length === 0) return undefined;
  const keyOf = ([key = '0']: string[]): bigint => BigInt(key);
  rows.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
  const all = deep.reduce(
    (sum, { faults, columns }) =>
      sum + [...Object.values(faults), ...columns].reduce((total, one) => total + one.rows, 0),
    0,
  );
  const shown = Math.min(most, rows.length);
  const title = all > shown ? `differences (${shown} of ${count(all)})` : 'differences';
  return { event: 'table', title, head: ['key', 'column', 'expected', 'found'], rows: rows.slice(0, most), width };
}

/** Every value that is known to differ, for programs. */
export function differenceEvents(values: readonly ValueDifference[]): Event[] {
  return values.map((one) => ({ event: 'difference', ...one }));
}

const share = (part: number, whole: number): string => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`);

/** How many rows of the target hold what stands for unknown. */
export function sentinelsTable({ rows, counts }: SentinelCounts): TableEvent {
  return {
    event: 'table',
    title: `what stands for unknown, in ${rowsText(rows)} at the target`,
    head: ['rows with', 'rows', 'share'],
    rows: counts.map((one) => [one.name, count(one.rows), share(one.rows, rows)]),
    width,
  };
}

/** What some questions cost the table. */
export function queriesTable(costs: readonly QueryCost[], rows: number): TableEvent {
  return {
    event: 'table',
    title: `queries on the table's ${rowsText(rows)}`,
    head: ['where', 'found', 'time', 'rows read', 'key used'],
    rows: costs.map((cost) => {
      if ('why' in cost) return [cost.name, '-', '-', '-', cost.why];
      const read = `${count(cost.rowsRead)} (${share(cost.rowsRead, rows)})`;
      const { key, partitions } = cost.used;
      const used = partitions ? `partitions${key ? ', yes' : ''}` : key ? 'yes' : 'no';
      return [cost.name, count(cost.rows), duration(cost.seconds), read, used];
    }),
    width,
  };
}
