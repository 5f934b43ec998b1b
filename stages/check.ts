import { existsSync } from 'node:fs';
import { type Exit, exits } from '../src/core/errors.js';
import { drivingSource } from '../src/dataset/declaration.js';
import { embeddedDir } from '../src/manifest/layout.js';
import { readShards } from '../src/manifest/manifest.js';
import { checkConversions } from '../src/pipeline/check-conversions.js';
import { checkDisk, shardBytes, sourceSize } from '../src/pipeline/check-disk.js';
import { checkServer, type ServerCheck } from '../src/pipeline/check-sources.js';
import { checkTarget, type TargetCheck, type TargetQuestion } from '../src/pipeline/check-target.js';
import { type Finding, fine } from '../src/pipeline/finding.js';
import { clockFinding } from '../src/pipeline/server-findings.js';
import { insertRowsMax } from './config.js';
import { adviceText, findingTable } from './finding-table.js';
import { planSizes } from './plan.js';
import { bytes, count } from './sentences.js';
import { openServers, openSqlEngine, openTarget, type Session, switchOf, targetOf } from './session.js';

const figures = { bytes, count };
/** A server that has said nothing for so long is named: a hosted one may take minutes to wake up. */
const patienceMs = 5000;

/** `make check`: looks at every server, the target's table and the disk; changes nothing. */
export async function checkCommand(session: Session): Promise<Exit> {
  const { dataset } = session;
  const servers = await openServers(session);
  const config = targetOf(session);
  const engine = await openSqlEngine(session);
  session.closing.push(() => engine.close());
  const [mysql, mongo, conversions] = await Promise.all([
    waited(session, 'MySQL', checkServer(dataset, servers, 'mysql', figures)),
    waited(session, 'MongoDB', checkServer(dataset, servers, 'mongo', figures)),
    checkConversions(dataset, engine),
  ]);
  const size = sourceSize([...mysql.looks, ...mongo.looks]);
  const question: TargetQuestion = {
    table: config?.table ?? dataset.table.name,
    create: config && `make load TARGET=${config.name} CREATE=1`,
    prefix: config?.name.toUpperCase().replaceAll('-', '_'),
    insertRows: Math.min(config?.insertRows ?? insertRowsMax, planSizes(session).shardRows),
    ...(await toLoad(session, mysql, shardBytes(size))),
  };
  const target = await waited(session, 'ClickHouse', targetCheck(session, conversions.joined, question));
  const clocks = [mysql.clock, mongo.clock, target.clock].flatMap((one) => one ?? []);
  const isNew = config === undefined && !existsSync(embeddedDir(session.layout.dataDir));
  const more = isNew ? question.rows * question.shardRowBytes : 0;
  const found: Finding[] = [
    ...mysql.findings,
    ...mongo.findings,
    ...conversions.findings,
    ...target.findings,
    ...[clockFinding(clocks) ?? []].flat(),
    await checkDisk(session.layout, size, question.rows, more, figures),
  ];
  show(session, found);
  const stops = found.filter(({ level }) => level === 'stop');
  return stops[0]?.error?.exit ?? (stops.length > 0 ? exits.usage : exits.done);
}

/** Says which server is waited for. */
async function waited<T>({ report }: Session, name: string, work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => report({ event: 'note', text: `waiting for ${name} to answer` }), patienceMs);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

/** Rows that a load would send and bytes of shards for each: of the shards that are there, else by the statistics. */
async function toLoad(
  { dataset, layout }: Session,
  { looks }: ServerCheck,
  estimated: number,
): Promise<Pick<TargetQuestion, 'rows' | 'shardRowBytes'>> {
  const shards = [...(await readShards(layout)).values()];
  const driving = looks.find(({ source }) => source.name === drivingSource(dataset).name)?.found?.estimate ?? 0;
  const made = shards.reduce((sum, shard) => sum + shard.rows, 0);
  const size = shards.reduce((sum, shard) => sum + shard.bytes, 0);
  const rows = Math.max(made, driving);
  return { rows, shardRowBytes: made > 0 ? size / made : rows > 0 ? estimated / rows : 0 };
}

/** An embedded ClickHouse that is not there yet is not made for being looked at. */
async function targetCheck(
  session: Session,
  joined: Parameters<typeof checkTarget>[0],
  question: TargetQuestion,
): Promise<TargetCheck> {
  if (targetOf(session) === undefined && !existsSync(embeddedDir(session.layout.dataDir))) {
    const text = 'the embedded one is not there yet: load makes it, and the table';
    return { findings: [fine('ClickHouse', text)], clock: undefined };
  }
  return checkTarget(joined, () => openTarget(session), question, figures);
}

function show(session: Session, findings: readonly Finding[]): void {
  const { report } = session;
  for (const { what, level, found, hint } of findings) report({ event: 'finding', what, level, found, hint });
  // A program has the findings themselves.
  if (!switchOf(session, 'JSON')) report(findingTable(findings));
  const advice = adviceText(findings);
  if (advice !== '' && !switchOf(session, 'JSON')) report({ event: 'text', text: advice });
  for (const { details } of findings) if (details) report(details);
  const number = (level: Finding['level'], word: string): string => {
    const many = findings.filter((one) => one.level === level).length;
    return many === 0 ? `no ${word}s` : `${count(many)} ${word}${many === 1 ? '' : 's'}`;
  };
  const [stops, warnings] = [number('stop', 'stop'), number('warning', 'warning')];
  const verdict = findings.some(({ level }) => level === 'stop') ? 'not ready' : 'ready';
  report({ event: 'stage-done', stage: 'check', seconds: 0, text: `${verdict}: ${stops}, ${warnings}` });
}
