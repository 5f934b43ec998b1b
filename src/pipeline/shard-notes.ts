import { ownSettings } from '../clickhouse/client.js';
import { createTableSql } from '../clickhouse/ddl.js';
import { fileStructure, insertedColumns, insertHead, insertSettings } from '../clickhouse/insert.js';
import type { LiveTable } from '../clickhouse/live-table.js';
import { type Dataset, type JoinedDataset, tableColumns } from '../dataset/declaration.js';
import { replaceFile } from '../manifest/atomic-file.js';
import type { ShardEntry } from '../manifest/entries.js';
import { readText } from '../manifest/json-lines.js';
import { inShards, type Layout } from '../manifest/layout.js';
import { readShards } from '../manifest/manifest.js';

/** Stands for the second since 1970 that a load chooses once. */
const versionWord = 0;

/** The table as declared, where no server has been asked. */
function declaredTable(dataset: Dataset): LiveTable {
  const columns = tableColumns(dataset).map(({ name, type }) => ({ name, type, defaultKind: '' }));
  const { name, engine, partitionBy, orderBy } = dataset.table;
  return {
    database: 'default',
    table: name,
    uuid: '',
    engine,
    partitionKey: partitionBy,
    sortingKey: orderBy.join(', '),
    zone: 'UTC',
    columns,
  };
}

/** `sha256  file` lines of the shards and whatever `others`, as `sha256sum -c` reads them. */
export function sumsText(shards: readonly ShardEntry[], others: readonly string[] = []): string {
  const lines = shards.flatMap(({ file, sha256, rows, rejects }) => [
    ...(rows > 0 ? [`${sha256}  ${file}`] : []),
    ...(rejects.file === null ? [] : [`${rejects.sha256}  ${rejects.file}`]),
  ]);
  return [...lines, ...others]
    .sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1))
    .map((line) => `${line}\n`)
    .join('');
}

/** How to load the shards on a machine that has only clickhouse-client. */
export function loadText(dataset: JoinedDataset): string {
  const table = declaredTable(dataset);
  const columns = insertedColumns(dataset, table);
  const head = insertHead(dataset, table, versionWord).replace(
    `toDateTime(${versionWord}, 'UTC')`,
    "toDateTime({version:UInt32}, 'UTC')",
  );
  // That one is HTTP's own: the client does not know it, and waits in any case.
  const { wait_end_of_query: _http, ...known } = { ...ownSettings, ...insertSettings };
  const settings = Object.entries(known).map(([name, value]) => `--${name}=${value}`);
  const structure = fileStructure(dataset, columns).replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return `# Loading these shards without transload

Check them: \`sha256sum -c SHA256SUMS\`. Make the table where it is missing:

\`\`\`sql
${createTableSql(dataset, 'default', dataset.table.name)}
\`\`\`

Save this statement as insert.sql. It names the columns, applies the unknown-values and sets the version:

\`\`\`sql
${head} input('${structure}') FORMAT Parquet
\`\`\`

Then, with one version for all of them:

\`\`\`sh
version=$(date +%s)
for shard in ${dataset.name}.*.parquet; do
  clickhouse-client --param_version="$version" ${settings.join(' ')} --query="$(cat insert.sql)" < "$shard"
done
\`\`\`
`;
}

/** Writes SHA256SUMS and LOAD.md for the shards that are there. */
export async function writeShardNotes(layout: Layout, dataset: JoinedDataset): Promise<void> {
  const shards = [...(await readShards(layout)).values()];
  for (const [file, text] of [
    ['SHA256SUMS', sumsText(shards)],
    ['LOAD.md', loadText(dataset)],
  ] as const) {
    if ((await readText(inShards(layout, file))) !== text) await replaceFile(inShards(layout, file), text);
  }
}
