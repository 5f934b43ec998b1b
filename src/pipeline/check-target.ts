import { type ClickHouse, quoteName } from '../clickhouse/client.js';
import { compareTable } from '../clickhouse/compare.js';
import { tableName } from '../clickhouse/ddl.js';
import { findLiveTable } from '../clickhouse/live-table.js';
import { type TableFacts, tableFacts, targetDisk } from '../clickhouse/table-facts.js';
import { isGranted, targetFacts } from '../clickhouse/target-facts.js';
import type { JoinedDataset } from '../dataset/declaration.js';
import { type Figures, type Finding, stopped } from './finding.js';
import type { NamedClock } from './server-findings.js';
import { missingTableFinding, tableFindings, targetDiskFinding } from './table-findings.js';
import { accountOf, type LoadSizes, serverLimits, targetFindings } from './target-findings.js';

/** What is known of a load before it is begun. */
export interface TargetQuestion extends LoadSizes {
  readonly table: string;
  /** The command that would make the table; undefined where a load makes it in any case. */
  readonly create: string | undefined;
  /** Rows that will be loaded, and bytes of shards for each, by the sources' statistics; 0 where nothing is known. */
  readonly rows: number;
  readonly shardRowBytes: number;
}

export interface TargetCheck {
  readonly findings: readonly Finding[];
  readonly clock: NamedClock | undefined;
}

/** Looks at the target: reached, privileges, profile, the live table against the declaration, disk. Changes nothing. */
export async function checkTarget(
  dataset: JoinedDataset,
  open: () => Promise<ClickHouse>,
  question: TargetQuestion,
  figures: Figures,
): Promise<TargetCheck> {
  try {
    const client = await open();
    const facts = await targetFacts(client, question.table);
    const findings = targetFindings(facts, question, figures);
    const live = await findLiveTable(client, client.database, question.table);
    let about: TableFacts | undefined;
    if (live === undefined) findings.push(await missingTable(client, question, accountOf(facts)));
    else {
      about = await tableFacts(client, live);
      findings.push(...tableFindings(live, compareTable(dataset, live), about, serverLimits(facts), figures));
    }
    // The embedded one is in the data folder, whose disk is looked at by itself.
    if (question.prefix === undefined) return { findings, clock: undefined };
    findings.push(targetDiskFinding(await targetDisk(client, live), needOf(question, about), figures));
    return { findings, clock: { name: 'ClickHouse', clock: facts.clock } };
  } catch (error) {
    return { findings: [stopped('ClickHouse', error)], clock: undefined };
  }
}

/** Fewer rows say little about what a row takes. */
const tellingRows = 10_000;

function needOf({ rows, shardRowBytes }: TargetQuestion, about: TableFacts | undefined) {
  const known = about !== undefined && about.rows >= tellingRows;
  return known
    ? { rows: rows || about.rows, rowBytes: about.bytes / about.rows, basis: 'those that are there' }
    : { rows, rowBytes: shardRowBytes, basis: 'the size of the shards' };
}

async function missingTable(client: ClickHouse, { table, create }: TargetQuestion, account: string): Promise<Finding> {
  const { database } = client;
  const wanted = [
    ['CREATE DATABASE', `${quoteName(database)}.*`],
    ['CREATE TABLE', tableName(database, table)],
  ] as const;
  const lacking: string[] = [];
  for (const [privilege, on] of create === undefined ? [] : wanted) {
    if (!(await isGranted(client, privilege, on))) lacking.push(`GRANT ${privilege} ON ${on} TO ${account};`);
  }
  return missingTableFinding(`${database}.${table}`, create, lacking);
}
