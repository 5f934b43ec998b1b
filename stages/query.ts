import { type Exit, exits, messageOf, usageError } from '../src/core/errors.js';
import { exportDir } from '../src/manifest/layout.js';
import { readExports, readShards } from '../src/manifest/manifest.js';
import { identifier, literal } from '../src/sql/relations.js';
import { openSqlEngine, openTarget, type Session, switchOf } from './session.js';

/** `make query`: one statement on a target, or on the files by the embedded SQL engine. */
export async function queryCommand(session: Session): Promise<Exit> {
  const sql = (session.env.SQL ?? '').trim().replace(/;\s*$/, '');
  if (sql === '')
    throw usageError('SQL_MISSING', 'there is no statement', 'make query SQL="SELECT count() FROM images_analytical"');
  const format = session.env.FORMAT || 'table';
  if (session.target === 'shards' || session.target === 'export') {
    if (format !== 'table' && !switchOf(session, 'JSON')) {
      throw usageError('FORMAT_UNKNOWN', `FORMAT=${format} is for targets`, 'files are shown as a table, or by JSON=1');
    }
    return queryFiles(session, sql);
  }
  const client = await openTarget(session, true);
  const text = await client.text(sql, format === 'table' ? 'PrettyCompactMonoBlock' : format);
  session.report({ event: 'text', text: text.replace(/\n$/, '') });
  return exits.done;
}

/** Shards are a view of the dataset's name, what was set aside is `rejects`; export files are a view a source. */
async function queryFiles(session: Session, sql: string): Promise<Exit> {
  const { layout, dataset } = session;
  const views = new Map<string, string[]>();
  if (session.target === 'shards') {
    for (const { file, rows, rejects } of (await readShards(layout)).values()) {
      add(views, dataset.name, `${layout.shards}/${file}`, rows);
      if (rejects.file !== null) add(views, 'rejects', `${layout.shards}/${rejects.file}`, rejects.rows);
    }
  } else {
    for (const { file, source, rows } of (await readExports(layout)).values())
      add(views, source, `${layout.root}/${file}`, rows);
  }
  if (views.size === 0) {
    throw usageError(
      'NO_FILES',
      `there are no files in ${session.target === 'shards' ? layout.shards : exportDir(layout)}`,
      'run `make export` and `make join` first',
    );
  }
  const engine = await openSqlEngine(session);
  session.closing.push(() => engine.close());
  for (const [name, files] of views) {
    await engine.run(
      `CREATE OR REPLACE VIEW ${identifier(name)} AS SELECT * FROM read_parquet([${files.map(literal).join(', ')}])`,
    );
  }
  const { names, rows } = await engine.table(sql).catch((error: unknown) => {
    const text = `the statement cannot be run: ${messageOf(error).split('\n')[0]}`;
    const known = `there are ${[...views.keys()].join(', ')}; quotes around text are single ones`;
    throw usageError('QUERY_FAILED', text, known);
  });
  const cell = (value: unknown): string =>
    value === null ? 'NULL' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  session.report({ event: 'table', title: '', head: names, rows: rows.map((row) => row.map(cell)) });
  return exits.done;
}

function add(views: Map<string, string[]>, name: string, file: string, rows: number): void {
  if (rows > 0) views.set(name, [...(views.get(name) ?? []), file]);
}
