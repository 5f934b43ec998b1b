import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

/** The directions of the code (design.md), checked on the text of every file: imports are found by a pattern. */
const root = join(import.meta.dirname, '..');

interface Import {
  readonly from: string;
  /** A project file by its path from the root, or a package's name. */
  readonly to: string;
  readonly typeOnly: boolean;
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const importPattern = /(?:^|\n)(?:import|export)\s+(type\s+)?([^;'"]*?)\s*from\s*'([^']+)'|(?:^|\n)import\s+'([^']+)'/g;
const dynamicPattern = /\bimport\(\s*'([^']+)'\s*\)/g;

function packageOf(specifier: string): string {
  return specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : (specifier.split('/')[0] ?? '');
}

/** True where `{ type A, type B }` brings no value in. */
function bringsTypesOnly(clause: string): boolean {
  const names = /^\{(.*)\}$/s.exec(clause.trim())?.[1];
  if (names === undefined) return false;
  return names
    .split(',')
    .filter((name) => name.trim() !== '')
    .every((name) => name.trim().startsWith('type '));
}

function importsOf(path: string, text: string): Import[] {
  const target = (specifier: string): string =>
    specifier.startsWith('.')
      ? relative(root, join(root, dirname(path), specifier)).replace(/\.js$/, '.ts')
      : packageOf(specifier);
  const found: Import[] = [];
  for (const [, type, clause = '', from, bare] of text.matchAll(importPattern)) {
    const typeOnly = bare === undefined && (type !== undefined || bringsTypesOnly(clause));
    found.push({ from: path, to: target(from ?? bare ?? ''), typeOnly });
  }
  for (const [, specifier = ''] of text.matchAll(dynamicPattern)) {
    found.push({ from: path, to: target(specifier), typeOnly: false });
  }
  return found;
}

const files: SourceFile[] = ['src', 'stages'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, imports: importsOf(path, text) };
    }),
);
const modules = files.filter(({ path }) => !path.endsWith('.d.ts'));
const imports = files.flatMap((file) => file.imports);
const isProject = ({ to }: Import): boolean => /^(src|stages|test)\//.test(to);
const folderOf = (path: string): string => (path.startsWith('src/') ? path.split('/').slice(0, 2).join('/') : 'stages');
const shown = (broken: readonly Import[]): string[] => broken.map(({ from, to }) => `${from} imports ${to}`);

/** Which folders a folder may import, beside itself. */
const directions: Record<string, readonly string[]> = {
  'src/core': [],
  'src/dataset': ['src/core'],
  'src/manifest': ['src/core'],
  'src/sources': ['src/core', 'src/dataset'],
  'src/parquet': ['src/core', 'src/dataset'],
  'src/sql': ['src/core', 'src/dataset'],
  'src/clickhouse': ['src/core', 'src/dataset'],
  'src/ship': ['src/core'],
  'src/report': ['src/core', 'src/dataset'],
};
const pipelineMay = ['src/core', 'src/dataset', 'src/manifest', 'src/pipeline'];

/** Modules of the adapters whose values the pipeline may import: all of them pure, or spoken to through an interface. */
const pureBuilders = [
  'src/sql/relations.ts',
  'src/sql/survey.ts',
  'src/sql/value-types.ts',
  'src/sql/join-query.ts',
  'src/sql/column-facts.ts',
  'src/sql/expected-rows.ts',
  'src/sql/raw-tables.ts',
  'src/sql/readable-sql.ts',
  'src/sql/compare-rows.ts',
  'src/clickhouse/certificate.ts',
  'src/clickhouse/certified-columns.ts',
  'src/clickhouse/client.ts',
  'src/clickhouse/compare.ts',
  'src/clickhouse/conditions.ts',
  'src/clickhouse/counts.ts',
  'src/clickhouse/ddl.ts',
  'src/clickhouse/insert.ts',
  'src/clickhouse/key-ranges.ts',
  'src/clickhouse/live-table.ts',
  'src/clickhouse/parts.ts',
  'src/clickhouse/rows-by-key.ts',
  'src/clickhouse/read-back.ts',
  'src/clickhouse/swap-tables.ts',
  'src/clickhouse/table-facts.ts',
  'src/clickhouse/target-facts.ts',
];

/** Heavy packages, and the only files that may import them. */
const heavy: Record<string, readonly string[]> = {
  mysql2: ['src/sources/mysql-connection.ts', 'stages/demo/sample/fill-mysql.ts'],
  mongodb: [
    'src/sources/mongo.ts',
    'src/sources/mongo-pipeline.ts',
    'src/sources/mongo-read.ts',
    'stages/demo/sample/fill-mongo.ts',
  ],
  '@duckdb/node-api': ['src/sql/engine.ts'],
  '@toondepauw/node-zstd': ['src/parquet/row-group.ts'],
  'parquetjs-lite': ['src/parquet/footer.ts'],
  '@clickhouse/client': ['src/clickhouse/http.ts'],
  chdb: ['src/clickhouse/embedded.ts'],
  listr2: ['stages/render.ts'],
  vega: ['src/report/draw.ts'],
  cac: ['stages/main.ts'],
  dotenv: ['stages/config.ts'],
  'proper-lockfile': ['src/manifest/lock.ts', 'stages/demo/unpack-once.ts'],
};

test('the files of the project are found, with their imports', () => {
  expect(files.length).toBeGreaterThan(80);
  expect(imports.length).toBeGreaterThan(300);
  expect(imports).toContainEqual({ from: 'src/core/batch.ts', to: 'src/core/kinds.ts', typeOnly: true });
  expect(imports).toContainEqual({ from: 'src/core/batch.ts', to: 'src/core/bytes-builder.ts', typeOnly: false });
  expect(imports).toContainEqual({ from: 'src/clickhouse/embedded.ts', to: 'chdb', typeOnly: false });
});

describe('directions', () => {
  test.each(Object.entries(directions))('%s imports only %j', (folder, allowed) => {
    const broken = imports.filter(
      (one) => folderOf(one.from) === folder && isProject(one) && ![folder, ...allowed].includes(folderOf(one.to)),
    );
    expect(shown(broken)).toEqual([]);
  });

  test('every folder of src has its directions', () => {
    const folders = new Set(files.map(({ path }) => folderOf(path)));
    expect([...folders].filter((folder) => !(folder in directions)).sort()).toEqual(['src/pipeline', 'stages']);
  });

  test('pipeline imports only types and pure builders of the adapters', () => {
    const broken = imports.filter(
      (one) =>
        folderOf(one.from) === 'src/pipeline' &&
        isProject(one) &&
        !pipelineMay.includes(folderOf(one.to)) &&
        !one.typeOnly &&
        !pureBuilders.includes(one.to),
    );
    expect(shown(broken)).toEqual([]);
  });

  test('pure builders import no heavy package and nothing of node', () => {
    const broken = imports.filter((one) => pureBuilders.includes(one.from) && !isProject(one) && !one.typeOnly);
    expect(shown(broken)).toEqual([]);
  });

  test('nothing in src imports stages', () => {
    expect(shown(imports.filter(({ from, to }) => from.startsWith('src/') && to.startsWith('stages/')))).toEqual([]);
  });

  test('nothing imports test', () => {
    expect(shown(imports.filter(({ to }) => to.startsWith('test/')))).toEqual([]);
  });
});

describe('heavy packages', () => {
  test.each(Object.entries(heavy))('%s is imported only by %j', (name, allowed) => {
    const importers = imports.filter(({ to }) => to === name);
    expect(shown(importers.filter(({ from }) => !allowed.includes(from)))).toEqual([]);
    expect(importers.length).toBeGreaterThan(0);
  });
});

describe('the process', () => {
  const holding = (pattern: RegExp): string[] => files.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

  test('process.env is read in one file', () => {
    expect(
      holding(/\bprocess\.env\b|\benv\s*\}\s*=\s*process\b|\bimport \{[^}]*\benv\b[^}]*\} from 'node:process'/),
    ).toEqual(['stages/config.ts']);
  });

  test('the exit code is set in one file', () => {
    expect(holding(/\bprocess\.(exitCode|exit)\b/)).toEqual(['stages/main.ts']);
  });
});

describe('form', () => {
  const withText = (pattern: RegExp): string[] =>
    modules.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

  test('no file has more than 250 lines', () => {
    const lines = ({ text }: SourceFile): number => text.trimEnd().split('\n').length;
    expect(files.filter((file) => lines(file) > 250).map((file) => `${file.path}: ${lines(file)}`)).toEqual([]);
  });

  test('no default exports', () => {
    expect(withText(/^export\s+default\b|\bas\s+default\b/m)).toEqual([]);
  });

  test('no barrels: nothing is exported from another file', () => {
    expect(withText(/^export\s+(type\s+)?(\*|\{[^}]*\})\s*(as\s+\w+\s+)?from\b/m)).toEqual([]);
  });

  test('no enums', () => {
    expect(withText(/^\s*(export\s+)?(declare\s+)?(const\s+)?enum\s+\w/m)).toEqual([]);
  });

  test('names are kebab-case', () => {
    const name = /^[a-z0-9]+(-[a-z0-9]+)*(\.d)?$/;
    const parts = files.flatMap(({ path }) => path.replace(/\.ts$/, '').split('/'));
    expect(parts.filter((part) => !name.test(part))).toEqual([]);
  });

  test('every exported function has a docstring', () => {
    const bare = modules.flatMap(({ path, text }) => {
      const lines = text.split('\n');
      return lines.flatMap((line, index) => {
        const name = /^export (?:async )?function\*? (\w+)/.exec(line)?.[1];
        return name === undefined || lines[index - 1]?.trimEnd().endsWith('*/') ? [] : [`${path}: ${name}`];
      });
    });
    expect(bare).toEqual([]);
  });
});
